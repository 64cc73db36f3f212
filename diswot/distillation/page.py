"""The page of a distillation: one HTML file that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from diswot.distillation.record import DistillReport, TrainingRecord, said
from diswot.report.attempt import attempt
from diswot.report.html import render

KINDS = {
    "teacher": "the teacher, as it was trained",
    "distilled": "the student, distilled",
    "alone": "the same student, trained alone",
    "plain": "a plain student of equal parameters, distilled likewise",
}
COLORS = {"teacher": "#777777", "distilled": "#0072B2", "alone": "#D55E00", "plain": "#009E73"}
"""Of Okabe and Ito's palette."""


def page(report: DistillReport) -> str:
    """The page; curves that cannot be drawn are left out of it, and the reason is said."""
    svg, missing = attempt(lambda: curves(report.trainings))
    spec = report.spec
    return render(
        "diswot.distillation",
        "report.html",
        title=f"{spec.student}, distilled from {spec.teacher.name}",
        protocol=[
            f"{spec.data.source}: {report.images['train']:,} images to train on, {report.images['valid']:,} to choose "
            f"the epoch on, {report.images['test']:,} to test on once; {len(report.classes)} classes",
            f"distiller {spec.distiller}; {spec.recipe.epochs} epochs of batches of {spec.recipe.batch_size}, "
            f"{spec.recipe.optimizer} at {spec.recipe.learning_rate:g}, {spec.recipe.schedule} schedule",
            f"{spec.seeds} {'seed' if spec.seeds == 1 else 'seeds'} from {spec.seed}",
        ],
        report=report,
        kinds=KINDS,
        said=said,
        svg=svg,
        missing=missing,
        classes=_classes(report),
        shows_teacher=_shows_teacher(report),
    )


def _shows_teacher(report: DistillReport) -> bool:
    """Whether the teacher has a line of its own: one that was trained here stands among the trainings."""
    return report.teacher is not None and not report.spec.train_teacher


def _classes(report: DistillReport) -> list[tuple[str, list[float]]]:
    """Accuracy on each class: of the teacher, and the mean of each kind of training."""
    columns = [report.teacher.per_class] if report.teacher is not None and _shows_teacher(report) else []
    for group in report.groups:
        found = [one.best.per_class for one in report.trainings if one.kind == group.kind]
        columns.append([sum(values) / len(values) for values in zip(*found, strict=True)])
    return [(name, [column[i] for column in columns]) for i, name in enumerate(report.classes)]


def curves(trainings: Sequence[TrainingRecord]) -> str:
    """Validation accuracy over epochs, one line for each training, as SVG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    known: set[str] = set()
    for one in trainings:
        epochs = [epoch.epoch for epoch in one.history]
        values = [100 * epoch.valid_accuracy for epoch in one.history]
        label = None if one.kind in known else KINDS[one.kind]
        axes.plot(epochs, values, ".-", color=COLORS[one.kind], label=label)
        known.add(one.kind)
    axes.set(xlabel="epoch", ylabel="validation accuracy (%)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return text.getvalue()
