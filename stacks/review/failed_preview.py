"""What the one comment says where a preview ended without a review, so that an older review does not stand there as true."""

from stacks.review.markdown import marker
from stacks.review.markdown_text import plain

# Exit code to why, in words of ours: the error's own text may quote a value of a user's that was to stay secret, and GitHub
# masks secrets in logs, not in comments.
REASONS = {
    1: "a file, the network or model-serving itself failed",
    2: "the spec, the configuration or the command line is wrong",
    4: "no plan satisfies the spec",
    5: "the model or its locked artifact cannot be used",
    6: "an optional dependency is not installed",
    7: "the engine or the program failed",
    8: "another command holds the stack",
    130: "it was interrupted",
}


def failed_preview(stack: str, folder: str, exit_code: int, *, commit: str | None, run_url: str | None) -> str:
    """
    Return the comment.

    Args:
        stack: Name of the stack.
        folder: Of its project in the repository; empty at the root.
        exit_code: What `serving preview` ended with, 1 to 255.
        commit: What was previewed; None outside of git.
        run_url: Where the error stands; None where no workflow runs this.
    """
    reason = REASONS.get(exit_code, "it ended without a review")
    where = f"[the log of this run]({run_url})" if run_url else "the log of the run"
    in_folder = f" in {plain(folder)}" if folder else ""
    of_commit = f" of commit {plain(commit)}" if commit else ""
    return "\n\n".join(
        (
            marker(stack, folder),
            f"### ❌ {plain(stack)}{in_folder}: the preview{of_commit} failed: {reason} (exit code {exit_code})",
            f"The error is in {where}. Nothing is known of cost, latency and changes; an earlier review no longer holds.",
            "<sub>This comment is updated when the preview changes.</sub>\n",
        )
    )
