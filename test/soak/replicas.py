"""Which aborted transactions the replicas of a cluster would leave out of the list that a read-committed reader is sent.

    replicas.py DATA_DIRECTORY      the directory that holds kafka-0, kafka-1, …

A replica that has caught up over several transactions in one append notes, for an aborted one, a last stable offset that may lie behind
aborted ones after it; a search of the index whose upper bound is not beyond that offset ends there. Prints one JSON object.
"""

import glob
import json
import os
import struct
import sys

BATCH_HEADER = struct.Struct(">qiibIhiqqqhii")
INDEX_ENTRY = struct.Struct(">hqqqq")
CONTROL, TRANSACTIONAL = 0x20, 0x10
ABORT = 0


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7


def marker_type(data, at):
    """Of a control batch whose only record begins at `at`: its key is a version and a type."""
    _, at = varint(data, at)  # length
    _, at = varint(data, at + 1)  # time, after the attributes
    _, at = varint(data, at)  # offset
    _, at = varint(data, at)  # length of the key
    return struct.unpack_from(">h", data, at + 2)[0]


def aborted_in(directory):
    """(producer, first offset, offset of the marker) of each aborted transaction, as the log says."""
    aborted, begun = [], {}
    for path in sorted(glob.glob(os.path.join(directory, "*.log"))):
        with open(path, "rb") as file:
            data = file.read()
        at = 0
        while at + BATCH_HEADER.size <= len(data):
            base, length, _, _, _, attributes, _, _, _, producer, _, _, _ = BATCH_HEADER.unpack_from(data, at)
            if length <= 0 or at + 12 + length > len(data):
                break
            if attributes & CONTROL:
                first = begun.pop(producer, None)
                if first is not None and marker_type(data, at + BATCH_HEADER.size) == ABORT:
                    aborted.append((producer, first, base))
            elif attributes & TRANSACTIONAL:
                begun.setdefault(producer, base)
            at += 12 + length
    return aborted


def index_of(directory):
    """(producer, first offset, last offset, last stable offset) of each entry of the transaction index."""
    entries = []
    for path in sorted(glob.glob(os.path.join(directory, "*.txnindex"))):
        with open(path, "rb") as file:
            data = file.read()
        entries += [INDEX_ENTRY.unpack_from(data, at)[1:] for at in range(0, len(data) - INDEX_ENTRY.size + 1, INDEX_ENTRY.size)]
    return entries


def left_out(directory):
    index = index_of(directory)
    found = []
    for producer, first, last in aborted_in(directory):
        # the least upper bound of a search that must find all of it
        if any(stable > last and end < first for _, _, end, stable in index):
            found.append({"producer": producer, "first": first, "last": last})
    return found


def main(root):
    result = {}
    for broker in sorted(name for name in os.listdir(root) if name.startswith("kafka-")):
        for partition in sorted(os.listdir(os.path.join(root, broker))):
            directory = os.path.join(root, broker, partition)
            if os.path.isdir(directory) and not partition.startswith("__"):
                found = left_out(directory)
                if found:
                    result[f"{broker} {partition}"] = found
    print(json.dumps(result))


main(sys.argv[1])
