"""Train a pruned model or a student in our own loop."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from optimizers.compression import Loop
from optimizers.errors import UnsupportedModel
from optimizers.pass_progress import tell_progress
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.vocabulary import Prediction


@dataclass(frozen=True, slots=True)
class FineTuning:
    """
    Training on labels where the data have them, and on what the original answers.

    Attributes:
        prediction: Decides the loss.
        loop: Epochs, batches, learning rate and seed.
        soft_share: What the original's answers count for beside labels.
        temperature: What scores are divided by before they are compared.
        hidden: Whether the outputs of the last blocks are compared too.
        keep_zeros: Whether weights that are zero stay so.
    """

    prediction: Prediction
    loop: Loop
    soft_share: float = 0.0
    temperature: float = 1.0
    hidden: bool = False
    keep_zeros: bool = False

    name: ClassVar[str] = "fine-tuning"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.TORCH_MODULE})
    gives: ClassVar[Form] = Form.TORCH_MODULE

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        """
        Train the module in place and return it.

        Raises:
            UnsupportedModel: There are no training data, or the loss became NaN.
        """
        from optimizers.training_data import TrainingData
        from optimizers.training_loop import Models, train
        from optimizers.training_loss import Objective
        from optimizers.zeroed_weights import ZeroedWeights

        if model.training is None or model.teacher is None:
            raise UnsupportedModel("there is nothing to train, or no training data; set `optimization.training.data`")
        models = Models(model.module, model.teacher, tuple(spec.name for spec in model.signature.inputs))
        objective = Objective(self.prediction, self.soft_share, self.temperature, self.hidden)
        zeroed = ZeroedWeights(model.module) if self.keep_zeros else None
        data = TrainingData.read(model.training)
        with quiet():
            trained = train(models, data, objective, self.loop, zeroed, functools.partial(tell_progress, folder))
        labels = "labels" if data.answers is not None else "what the original answers"
        right = "" if trained.right is None else f", {trained.right:.1%} right"
        remark = f"trained {trained.epochs} epochs on {labels}: held-out loss {trained.held_out:.4g}{right}"
        return FormedModel(
            Form.TORCH_MODULE, model.signature, module=model.module, teacher=model.teacher, remark=remark
        )
