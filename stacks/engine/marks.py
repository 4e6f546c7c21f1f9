"""What the engine writes in place of values that it cannot write (pulumi SDK, `runtime/rpc.py`)."""

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# The key of an object that stands for something else, and what each value of it says that this is.
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a mark
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
# What its events have in place of a secret, so that two secrets look the same.
HIDDEN = "[secret]"
