#!/usr/bin/env bash
# Two popular counters of multiply-adds lose most of a transformer, without a word
# (torchinfo 1.8.0, thop 0.1.1.post2209072238, torch 2.14.1).
# torchinfo multiplies what a linear layer costs on one token by the batch, not by the tokens: attention over 197 tokens
# of 192 channels, 43,951,488 multiply-adds by hand, is printed as 148,224. Both answer 0 for nn.MultiheadAttention.
# Both count every output position of a transposed convolution as if the stride were one: four times too much at stride
# two. ptflops 0.7.5 is near in nn.MultiheadAttention (44,257,035) and leaves both products out of the same attention
# written with scaled_dot_product_attention (29,200,128).
# A budget in MACs that was written down with one of these tools is another budget.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.14.1 numpy==2.4.6 torchinfo==1.8.0 thop==0.1.1.post2209072238 ptflops==0.7.5
"$folder/venv/bin/python" -W ignore - <<'PY'
import ptflops
import thop
import torch
import torchinfo
from torch import nn
from torch.nn import functional

TOKENS, WIDTH, HEADS = 197, 192, 3


class WrittenOut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x):
        batch = len(x)
        qkv = self.qkv(x).view(batch, TOKENS, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        y = functional.scaled_dot_product_attention(*qkv)
        return self.proj(y.transpose(1, 2).reshape(batch, TOKENS, WIDTH))


class Ready(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)

    def forward(self, x):
        return self.attention(x, x, x, need_weights=False)[0]


class Upsampling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(16, 32, 4, stride=2, padding=1, bias=False)

    def forward(self, x):
        return self.up(x)


def counts(network, x):
    network.eval()
    by_torchinfo = torchinfo.summary(network, input_data=x, verbose=0).total_mult_adds
    by_thop = int(thop.profile(network, (x,), verbose=False)[0])
    by_ptflops = ptflops.get_model_complexity_info(
        network, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend="pytorch"
    )[0]
    return by_torchinfo, by_thop, by_ptflops


tokens = torch.randn(1, TOKENS, WIDTH)
by_hand = 4 * TOKENS * WIDTH**2 + 2 * TOKENS**2 * WIDTH
upsampled = 16 * 32 * 4 * 4 * 8 * 8  # every input position meets every weight once
seen = {
    "attention written out": (by_hand, *counts(WrittenOut(), tokens)),
    "nn.MultiheadAttention": (by_hand, *counts(Ready(), tokens)),
    "transposed convolution": (upsampled, *counts(Upsampling(), torch.randn(1, 16, 8, 8))),
}
for name, figures in seen.items():
    print(name, dict(zip(("by hand", "torchinfo", "thop", "ptflops"), figures)))
assert seen["attention written out"] == (43_951_488, 148_224, 29_048_832, 29_200_128)
assert seen["nn.MultiheadAttention"] == (43_951_488, 0, 0, 44_257_035)
assert seen["transposed convolution"] == (131_072 * 4, 2_097_152, 2_097_152, 524_288)
print("as seen")
PY
