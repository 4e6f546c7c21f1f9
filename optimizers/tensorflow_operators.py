"""Which operators of a SavedModel may run: those that reach past tensors are refused by name before TensorFlow runs any."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from optimizers.errors import UnsupportedModel

# A SavedModel is a program (https://github.com/tensorflow/tensorflow/blob/master/SECURITY.md): these operators read or
# write files, call Python or libraries, or speak to other machines. ReadFile and WriteFile are those that modelscan flags;
# the others are those of the 1,910 operators of TensorFlow 2.21 with a path, an address or a callback among their
# inputs and attributes.
OUTSIDE_OPERATORS = frozenset({
    "CSVDataset", "CSVDatasetV2", "CacheDataset", "CacheDatasetV2", "CalibrationStatisticsSaver",
    "CreateSummaryDbWriter", "CreateSummaryFileWriter", "DataServiceDataset", "DataServiceDatasetV2",
    "DataServiceDatasetV3", "DataServiceDatasetV4", "DatasetToTFRecord", "DebugIdentity", "DebugIdentityV2",
    "DebugIdentityV3", "DebugNanCount", "DebugNumericSummary", "DebugNumericSummaryV2", "DistributedSave",
    "DumpTensor", "EagerPyFunc", "ExperimentalCSVDataset", "ExperimentalDatasetToTFRecord",
    "ExperimentalLMDBDataset", "ExperimentalMatchingFilesDataset", "FileSystemSetConfiguration",
    "FixedLengthRecordDataset", "FixedLengthRecordDatasetV2", "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2", "FixedUnigramCandidateSampler", "GenerateVocabRemapping", "ImmutableConst",
    "InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "LMDBDataset", "LMDBReader",
    "ListSnapshotChunksDataset", "LoadAndRemapMatrix", "LoadDataset", "MatchingFiles", "MatchingFilesDataset",
    "PrintV2", "PyFunc", "PyFuncStateless", "ReadFile", "RecordInput", "RegisterDataset", "RegisterDatasetV2",
    "RemoteCall", "RpcCall", "RpcClient", "RpcServer", "RpcServerRegister", "RpcServerStart", "SaveDataset",
    "SaveDatasetV2", "Skipgram", "SnapshotChunkDataset", "SnapshotDataset", "SnapshotDatasetReader",
    "SnapshotDatasetV2", "SqlDataset", "TFRecordDataset", "TFRecordDatasetV2", "TFRecordReader", "TFRecordReaderV2",
    "TextLineDataset", "TextLineReader", "TextLineReaderV2", "WholeFileReader", "WholeFileReaderV2", "WriteFile",
    "XlaCustomCall", "XlaCustomCallV2", "_Recv", "_Send",
})  # fmt: skip
# Every SavedModel has these in the functions that save and restore it, which are not called here: TensorFlow reads the
# variables itself. Where a signature reaches them, the model would write or read any file.
CHECKPOINT_OPERATORS = frozenset({
    "DTensorRestoreV2", "MergeV2Checkpoints", "Restore", "RestoreSlice", "RestoreV2", "Save", "SaveSlices", "SaveV2",
})  # fmt: skip
START_COLLECTIONS = ("saved_model_main_op", "legacy_init_op", "table_initializer")


def check_operators(meta_graph: Any, path: Path) -> None:  # noqa: ANN401 - a MetaGraphDef
    """
    Look at every operator of the graph and of its functions.

    Args:
        meta_graph: The parsed graph, of which nothing was loaded.
        path: The SavedModel, for the message.

    Raises:
        UnsupportedModel: One of them reads or writes files, calls Python or speaks to another machine.
    """
    graph = meta_graph.graph_def
    functions = {function.signature.name: function.node_def for function in graph.library.function}
    every = {node.op for nodes in (graph.node, *functions.values()) for node in nodes}
    found = every & OUTSIDE_OPERATORS or _called(meta_graph, functions) & CHECKPOINT_OPERATORS
    if found:
        raise UnsupportedModel(
            f"{path}: has the operator `{min(found)}`, which reaches files, Python or other machines; "
            f"export the part of the model that computes, without it"
        )


def _called(meta_graph: Any, functions: Mapping[str, Any]) -> set[str]:  # noqa: ANN401 - a MetaGraphDef
    """Return the operators that run when the model is loaded or called."""
    nodes = {node.name: node for node in meta_graph.graph_def.node}
    operators, seen = set[str](), set[str]()
    waiting: list[tuple[str, Any]] = [("node", name) for name in _starts(meta_graph)]
    waiting += [("function", name) for name in meta_graph.object_graph_def.concrete_functions]
    while waiting:
        kind, name = waiting.pop()
        if f"{kind} {name}" in seen:
            continue
        seen.add(f"{kind} {name}")
        for node in functions.get(name, ()) if kind == "function" else filter(None, [nodes.get(name)]):
            operators.add(node.op)
            waiting += [("function", called) for called in (node.op, *_named_functions(node))]
            if kind == "node":
                waiting += [("node", _node_name(item)) for item in node.input]
    return operators


def _starts(meta_graph: Any) -> Iterator[str]:  # noqa: ANN401 - a MetaGraphDef
    for signature in meta_graph.signature_def.values():
        yield from (_node_name(tensor.name) for tensor in signature.outputs.values())
    for name in START_COLLECTIONS:
        yield from map(_node_name, meta_graph.collection_def[name].node_list.value)


def _named_functions(node: Any) -> Iterable[str]:  # noqa: ANN401 - a NodeDef
    for value in node.attr.values():
        yield from (called.name for called in (value.func, *value.list.func) if called.name)


def _node_name(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]
