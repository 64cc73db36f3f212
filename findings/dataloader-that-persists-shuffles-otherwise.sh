#!/usr/bin/env bash
# A DataLoader with persistent workers shuffles otherwise from the second epoch on than one without, though both are
# given a generator of one seed (torch 2.14.1).
# Each time that a loader begins, it draws a seed for its workers from that generator, and the order after it; one whose
# workers persist begins once. The first epochs are equal, which is what one looks at. A run that is repeated without
# workers, for debugging, sees other batches, and one that is resumed in its second epoch does not go on with the batches
# that the first would have given.
# Seen: the first epoch the same three times; the second one the same without workers and with two, not if they persist.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6
cat > "$folder/orders.py" <<'PY'
import torch
from torch.utils.data import DataLoader


def orders(workers, persistent):
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(
        range(8), 4, shuffle=True, generator=generator, num_workers=workers, persistent_workers=persistent
    )
    return [torch.cat(list(loader)).tolist() for _ in range(2)]


if __name__ == "__main__":
    none, some, kept = orders(0, False), orders(2, False), orders(2, True)
    for name, found in (("no workers", none), ("two workers", some), ("two that persist", kept)):
        print(name, *found)
    assert none[0] == some[0] == kept[0]
    assert none[1] == some[1] != kept[1]
    print("as seen")
PY
"$folder/venv/bin/python" "$folder/orders.py"
