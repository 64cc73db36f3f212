"""One classifier of each of timm's modules teaches: the smallest that is affordable, by shapes alone.

Of all 1,371 models of timm 1.0.31, those that are classifiers (all but seven encoders) were observed so once.
"""

import pytest
import timm
import torch

from diswot.observation import observe
from diswot.observation.capture import Capture
from diswot.probes.batch import ProbeBatch
from diswot.teachers.timm import native_input, timm_model
from diswot_spaces import Shape

SMALL: Shape = (3, 32, 32)
IMAGES = 6

FAMILIES = {
    "beit": "beit_base_patch16_224", "byobnet": "test_byobnet", "cait": "cait_xxs24_224", "coat": "coat_tiny",
    "convit": "convit_tiny", "convmixer": "convmixer_768_32", "convnext": "test_convnext", "cpubone": "cpubone_nano",
    "cspnet": "cs3darknet_focus_s", "cspnext": "cspnext_tiny", "davit": "davit_tiny", "deit": "deit_tiny_patch16_224",
    "densenet": "densenet121", "dla": "dla46x_c", "dpn": "dpn48b", "edgenext": "edgenext_xx_small",
    "efficientformer_v2": "efficientformerv2_s0", "efficientnet": "test_efficientnet",
    "efficientvim": "efficientvim_m1", "efficientvit_mit": "efficientvit_b0", "efficientvit_msra": "efficientvit_m0",
    "eva": "vit_tiny_patch16_dinov3_qkvb", "fasternet": "fasternet_t0", "fastvit": "fastvit_t8",
    "focalnet": "focalnet_tiny_srf", "gcvit": "gcvit_xxtiny", "ghostnet": "ghostnet_050",
    "hardcorenas": "hardcorenas_b", "hgnet": "hgnetv2_b0", "hiera": "hiera_tiny_224",
    "hieradet_sam2": "sam2_hiera_tiny", "hrnet": "hrnet_w18_small", "iformer": "iformer_t",
    "inception_next": "inception_next_atto", "lcnetv2": "lcnetv2_small", "levit": "levit_128s",
    "lowformer": "lowformer_b0", "mambaout": "test_mambaout", "maxxvit": "test_coatnet",
    "metaformer": "poolformerv2_s12", "mlp_mixer": "gmlp_ti16_224", "mobilenetv3": "lcnet_035",
    "mobilenetv5": "mobilenetv5_base", "mobilevit": "mobilevit_xxs", "mvitv2": "mvitv2_tiny",
    "naflexvit": "naflexvit_base_patch16_parfac_gap", "nasnet": "nasnetalarge", "nest": "nest_tiny",
    "nextvit": "nextvit_small", "nfnet": "test_nfnet", "pit": "pit_ti_224", "pnasnet": "pnasnet5large",
    "pvt_v2": "pvt_v2_b0", "qwen3_vit": "qwen3_vit_88m", "rdnet": "rdnet_tiny", "regnet": "regnetx_002",
    "repghost": "repghostnet_050", "repvit": "repvit_m1", "res2net": "res2next50", "resnest": "resnest14d",
    "resnet": "test_resnet", "resnetv2": "resnetv2_18", "rexnet": "rexnet_100", "selecsls": "selecsls42",
    "senet": "legacy_seresnet18", "sequencer": "sequencer2d_s", "shvit": "shvit_s1", "sknet": "skresnet18",
    "starnet": "starnet_s050", "swiftformer": "swiftformer_xs", "swin_transformer": "swin_tiny_patch4_window7_224",
    "swin_transformer_v2": "swinv2_tiny_window16_256", "swin_transformer_v2_cr": "swinv2_cr_tiny_224",
    "tiny_vit": "tiny_vit_5m_224", "tnt": "tnt_s_legacy_patch16_224", "tresnet": "tresnet_m",
    "twins": "twins_svt_small", "vgg": "vgg11", "visformer": "visformer_tiny", "vision_transformer": "test_vit",
    "vision_transformer_hybrid": "vit_tiny_r_s16_p8_224", "vision_transformer_relpos": "test_vit_relpos",
    "vision_transformer_sam": "samvit_base_patch16_224", "vitamin": "vitamin_small_224", "volo": "volo_d1_224",
    "vovnet": "ese_vovnet19b_slim_dw", "xception": "legacy_xception", "xception_aligned": "xception41p",
    "xcit": "xcit_nano_12_p8_224",
}  # fmt: skip
"""By module, at 3 x 32 x 32."""

LARGER = {
    "byoanet": "halonet_h1", "crossvit": "crossvit_tiny_240", "csatv2": "csatv2",
    "efficientformer": "efficientformer_l1",
    "deepseek_vit": "deepseek_vit_412m", "inception_v3": "inception_v3", "inception_v4": "inception_v4",
    "inception_resnet_v2": "inception_resnet_v2",
}  # fmt: skip
"""By module, those whose smallest classifier needs the images that it was made for."""

UNUSUAL = [
    "deit_tiny_distilled_patch16_224", "efficientvim_m1_dist", "ese_vovnet39b_evos", "mobilenetv3_small_050",
    "resnet50_clip", "resnetv2_50d_evos", "resnetv2_50d_frn", "resnetv2_50x1_bit",
    "vit_base_patch16_clip_quickgelu_224", "vit_tiny_patch16_224",
]  # fmt: skip
"""Averaged and convolutional heads, nonlinearities that are written out."""

ENCODERS = {"gemma4_vit": "gemma4_vit_167m_enc"}
"""By module, those that have no classifier."""


def observed(name: str, shape: Shape) -> tuple[int, int]:
    """Nonlinearities that were seen, and classes."""
    if not timm.is_model(name):
        pytest.skip("this timm does not have it")
    probe = ProbeBatch(torch.empty(IMAGES, *shape, device="meta"), torch.arange(IMAGES), "shapes alone")
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        observation = observe(timm_model(name, 10, shape), probe, Capture.KERNELS)
    return len(observation.activations), observation.logits.shape[1]


@pytest.mark.parametrize("name", [*FAMILIES.values(), *UNUSUAL])
def test_a_classifier_of_each_family_teaches_on_small_images(name: str) -> None:
    nonlinearities, classes = observed(name, SMALL)
    assert nonlinearities >= 3
    assert classes == 10


@pytest.mark.parametrize("name", LARGER.values())
def test_those_that_need_larger_images_teach_on_theirs(name: str) -> None:
    shape = native_input(name)
    assert shape is not None
    assert observed(name, shape)[1] == 10


def test_every_module_of_timm_is_tried() -> None:
    known = FAMILIES.keys() | LARGER.keys() | ENCODERS.keys()
    assert set(timm.list_modules()) <= known, "a module of a newer timm: add its smallest classifier"
