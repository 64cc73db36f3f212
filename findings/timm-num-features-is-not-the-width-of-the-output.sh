#!/usr/bin/env bash
# timm's `num_features` is not how many features a model gives (timm 1.0.31, torch 2.14.1).
# With the classifier taken off by `reset_classifier(0)`, MobileNetV3-small has `num_features` 576 and gives 1024;
# GhostNet 480 and 1280, EfficientViT-B0 128 and 1280. What comes out is `head_hidden_size`: these models have a
# convolution or a linear layer between the pooling and the classifier. A projection of `num_features` inputs, as one
# would put behind a teacher to match a student's width, does not fit.
# Seen: 576 and 1024, 480 and 1280, 128 and 1280; ResNet-18, where both agree, 512 and 512.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet timm==1.0.31 torch==2.14.1 torchvision==0.29.1 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PY'
import timm
import torch

SEEN = {
    "mobilenetv3_small_100": (576, 1024),
    "ghostnet_050": (480, 1280),
    "efficientvit_b0": (128, 1280),
    "resnet18": (512, 512),
}
for name, seen in SEEN.items():
    model = timm.create_model(name, pretrained=False).eval()
    model.reset_classifier(0)
    with torch.no_grad():
        width = model(torch.randn(1, 3, 224, 224)).shape[1]
    print(name, "num_features", model.num_features, "gives", width, "head_hidden_size", model.head_hidden_size)
    assert (model.num_features, width) == seen
    assert width == model.head_hidden_size
print("as seen")
PY
