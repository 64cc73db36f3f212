"""The table of distillers; free of torch.

A distiller of your own is given as an object or by import path, or comes by the entry point `diswot.distillers`.
"""

from __future__ import annotations

from diswot.distillation.methods import Method, method_of
from diswot_spaces import Registry


def _at(place: str) -> str:
    return f"diswot.distillation.distillers.{place}"


DISTILLERS: Registry[Method] = Registry(
    "distiller",
    "diswot.distillers",
    {
        "none": Method(_at("none:NoDistiller"), "no distillation: cross-entropy with the labels alone", teacher=False),
        "kd": Method(
            _at("kd:KD"),
            "softened logits of the teacher",
            'Hinton et al., "Distilling the Knowledge in a Neural Network", 2014',
            weight=0.9,
            hard_weight=0.1,
        ),
        "kd-standardized": Method(
            _at("standardized:StandardizedKD"),
            "softened logits, each row at mean 0 and deviation 1",
            'Sun et al., "Logit Standardization in Knowledge Distillation", CVPR 2024',
            weight=9.0,
            hard_weight=0.1,
        ),
        "diswot": Method(
            _at("diswot:DisWOT"),
            "both similarities of DisWOT: gradients of the classifier, and relations of images",
            'Dong et al., "DisWOT", CVPR 2023',
            needs=("labels", "features", "maps"),
        ),
        "diswot-semantic": Method(
            _at("diswot:Semantic"),
            "the similarity of the classifier's gradients",
            'Dong et al., "DisWOT", CVPR 2023',
            needs=("labels", "features"),
        ),
        "diswot-relation": Method(
            _at("sp:SP"),
            "the similarity of relations between images, which is sp",
            'Dong et al., "DisWOT", CVPR 2023',
            weight=3000.0,
            needs=("maps",),
        ),
        "fitnet": Method(
            _at("fitnet:FitNet"),
            "one map, through a regressor",
            'Romero et al., "FitNets", ICLR 2015',
            weight=100.0,
            needs=("maps",),
        ),
        "at": Method(
            _at("at:AT"),
            "attention maps of all stages",
            'Zagoruyko and Komodakis, "Paying More Attention to Attention", ICLR 2017',
            weight=1000.0,
            needs=("maps",),
        ),
        "sp": Method(
            _at("sp:SP"),
            "similarities between images, by last maps",
            'Tung and Mori, "Similarity-Preserving Knowledge Distillation", ICCV 2019',
            weight=3000.0,
            needs=("maps",),
        ),
        "rkd": Method(
            _at("rkd:RKD"),
            "distances and angles between images, by features",
            'Park et al., "Relational Knowledge Distillation", CVPR 2019',
            needs=("features",),
        ),
        "cc": Method(
            _at("cc:CC"),
            "correlation of embeddings of neighboring images",
            'Peng et al., "Correlation Congruence for Knowledge Distillation", ICCV 2019',
            weight=0.02,
            needs=("features",),
        ),
        "pkt": Method(
            _at("pkt:PKT"),
            "probabilities of being neighbors, by features",
            'Passalis and Tefas, "Learning Deep Representations with Probabilistic Knowledge Transfer", ECCV 2018',
            weight=30000.0,
            needs=("features",),
        ),
        "nst": Method(
            _at("nst:NST"),
            "distributions of channels of all stages",
            'Huang and Wang, "Like What You Like", 2017',
            weight=50.0,
            needs=("maps",),
        ),
        "ickd": Method(
            _at("ickd:ICKD"),
            "correlations of channels of the last map",
            'Liu et al., "Exploring Inter-Channel Correlation", ICCV 2021',
            weight=2.5,
            needs=("maps",),
        ),
        "crd": Method(
            _at("crd:CRD"),
            "contrast of embeddings with memories of all images",
            'Tian et al., "Contrastive Representation Distillation", ICLR 2020',
            weight=0.8,
            needs=("labels", "features", "indices"),
        ),
        "reviewkd": Method(
            _at("reviewkd:ReviewKD"),
            "maps of all stages, fused from the deepest upwards",
            'Chen et al., "Distilling Knowledge via Knowledge Review", CVPR 2021',
            needs=("features", "maps"),
        ),
        "dkd": Method(
            _at("dkd:DKD"),
            "the label's class and the others apart",
            'Zhao et al., "Decoupled Knowledge Distillation", CVPR 2022',
            needs=("labels",),
        ),
        "dist": Method(
            _at("dist:DIST"),
            "correlations of predictions, by image and by class",
            'Huang et al., "Knowledge Distillation from A Stronger Teacher", NeurIPS 2022',
            weight=2.0,
        ),
        "nkd": Method(
            _at("nkd:NKD"),
            "the label's class, and the others normalized",
            'Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023',
            needs=("labels",),
        ),
        "uskd": Method(
            _at("uskd:USKD"),
            "labels softened by the student itself; no teacher",
            'Yang et al., "From Knowledge Distillation to Self-Knowledge Distillation", ICCV 2023',
            needs=("labels", "maps"),
            teacher=False,
        ),
        "ofa": Method(
            _at("ofa:OFA"),
            "enhanced cross-entropy of logits and of classifiers on all maps, for teachers of another kind",
            'Hao et al., "One-for-All", NeurIPS 2023',
            needs=("labels", "maps"),
        ),
        "nd": Method(
            _at("nd:ND"),
            "norm and direction of features; kd + 2*nd is KD++",
            'Wang et al., "Improving Knowledge Distillation via Regularizing Feature Norm and Direction", 2023',
            weight=2.0,
            needs=("labels", "features"),
        ),
        "ps-kd": Method(
            _at("pskd:PSKD"),
            "the student's own predictions of an epoch ago; no teacher",
            'Kim et al., "Self-Knowledge Distillation with Progressive Refinement of Targets", ICCV 2021',
            hard_weight=0.0,
            needs=("labels", "indices"),
            teacher=False,
        ),
        "mixup-kd": Method(
            _at("mixup:MixupKD"),
            "logits over their deviation, for mixed images",
            'Choi et al., "Understanding the Role of Mixup in Knowledge Distillation", WACV 2023',
            hard_weight=0.0,
            needs=("labels",),
        ),
        "bd-kd": Method(
            _at("bdkd:BDKD"),
            "forward and reverse divergence, balanced image by image; own choice of weights",
            'Amara et al., "BD-KD", 2022',
        ),
        "topkld": Method(
            _at("topkld:TopKLD"),
            "forward divergence on the teacher's top classes, reverse below; own reading",
            '"TopKLD", arXiv 2501.06218',
        ),
        "ferkd": Method(
            _at("ferkd:FerKD"),
            "soft labels of crops, smoothed labels where the teacher is unsure; own thresholds",
            'Shen, "FerKD", ICCV 2023',
            hard_weight=0.0,
            needs=("labels",),
        ),
        "trg": Method(
            _at("trg:TRG"),
            "graphs of patches of the last maps; own choice of weights",
            'Zhang et al., "Knowledge Distillation via Token-level Relationship Graph", 2023',
            needs=("maps",),
        ),
    },
    method_of,
)
"""The distillers by name."""
