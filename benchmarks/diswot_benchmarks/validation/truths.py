"""The label tables that the score is chosen on, each a space of its own."""

from __future__ import annotations

from dataclasses import dataclass

from diswot_spaces import CIFAR, Shape


@dataclass(frozen=True, slots=True)
class Truth:
    """A label table, and how its architectures are looked at.

    Attributes:
        title: in tables.
        space: where the architectures live.
        labels: name of the table.
        columns: of accuracies; what is chosen counts their mean tau, so that each space counts once.
        num_classes: of the networks.
        in_shape: of their images.
        whole: whether the table is small enough to be measured whole, whatever sample is asked for.
    """

    title: str
    space: str
    labels: str
    columns: tuple[str, ...]
    num_classes: int = 100
    in_shape: Shape = CIFAR
    whole: bool = True


TRUTHS = {
    "nasbench201": Truth(
        "NAS-Bench-201", "nasbench201", "nasbench201.csv", ("cifar10_test_200", "cifar100_test_200"), whole=False
    ),
    "resnets": Truth("64 ResNets, distilled", "cifar-resnet", "diswot_resnet_s0.csv", ("cifar100_test_distilled",)),
    "mobilenetv2": Truth(
        "100 MobileNetV2, distilled", "mobilenetv2", "mobilenetv2_distilled.csv", ("cifar100_test_kd_third",)
    ),
    "macro": Truth("NAS-Bench-Macro", "nasbench-macro", "nasbench_macro.csv", ("cifar10",), 10, whole=False),
    "autoformer": Truth(
        "100 AutoFormer, distilled",
        "autoformer-tiny",
        "vitbench_autoformer.csv",
        ("c100_kd", "flowers_kd", "chaoyang_kd"),
        in_shape=(3, 96, 96),
    ),
}
"""By the names that the command takes. The transformers, which are trained on 224 x 224, are looked at in 96 x 96."""
