"""Seeds the faults of faults.yaml into copies of the templates, the stack policy and the catalogs."""

import copy


def seed(sources: dict[str, dict], fault: dict) -> dict[str, dict]:
    """Copies of the sources, one of them with the fault."""
    sources = copy.deepcopy(sources)
    kind = next(kind for kind in ("remove", "set", "replace", "append") if kind in fault)
    *steps, last = fault[kind].split("/")
    holder = sources[fault["in"]]
    for step in steps:
        holder = holder[position(holder, step)]
    last = position(holder, last)
    if kind == "remove":
        del holder[last]
    elif kind == "set":
        holder[last] = fault["to"]
    elif kind == "append":
        present = holder[last] if isinstance(holder[last], list) else [holder[last]]
        holder[last] = [*present, fault["value"]]
    elif fault["text"] in holder[last]:
        holder[last] = holder[last].replace(fault["text"], fault["with"])
    else:
        raise KeyError(fault["text"])
    return sources


def position(holder: dict | list, step: str) -> str | int:
    """A step of a path as a key or an index."""
    return int(step) if isinstance(holder, list) else step
