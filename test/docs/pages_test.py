# SPDX-License-Identifier: BSD-3-Clause
"""docs/pages: records in, tables and verdicts out; the prose of the experiments' pages holds no number of its own but those of the
protocol and of the paper; figures differ without colour and know what they show."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "pages"))
import benchmarks  # noqa: E402
import figures  # noqa: E402
import kernel_attention  # noqa: E402
import minimal  # noqa: E402
import mpo  # noqa: E402
import page  # noqa: E402
import processes  # noqa: E402
import records  # noqa: E402
import spectral  # noqa: E402
import subspace  # noqa: E402
import tables  # noqa: E402
import training  # noqa: E402

RECIPE = {"learning_rate": 8e-3, "sigma": 0.02, "decayed": "matrices"}
SEARCH = {"program": "picogpt_search", "seed": 1, "options": {"family": "spectral", "steps": 400},
          "results": {"trials": [RECIPE | {"loss": 2.0, "accuracy": 0.4}, RECIPE | {"loss": None, "accuracy": None}],
                      "winner": RECIPE | {"loss": 2.0, "accuracy": 0.4}}, "series": {}}


def trained(model, loss, **recipe):
    return {"program": "picogpt_spectral", "seed": 1, "series": {},
            "options": {"model": model, "steps": spectral.STEPS, "batch": spectral.BATCH} | RECIPE | recipe,
            "results": {"parameters": 1000, "val_loss": loss, "val_acc": 0.5, "block_parameters": 900.0, "stable_rank": 7.0,
                        "numerical_rank": 9.0}}


def relations(found, **recipe):
    made = spectral.Maker([SEARCH] + [trained(m, loss, **recipe) for m, loss in found.items()]).make()
    return made.parts["relations"]


class Tables(unittest.TestCase):
    def test_markdown_is_aligned(self):
        t = tables.Table("model", "χ", "parameters", "loss")
        t.add("dense", "–", 808448, 2.18478)
        t.add("MPO a|b", 16, 9000, tables.Cell(-1.5, 2))
        self.assertEqual(t.markdown(), "| model    | χ   | parameters |   loss |\n"
                                       "| -------- | --- | ---------: | -----: |\n"
                                       "| dense    | –   |    808,448 | 2.1848 |\n"
                                       "| MPO a\\|b | 16  |      9,000 |  -1.50 |\n")
        self.assertRaises(ValueError, t.add, "too short")

    def test_csv_is_escaped_and_in_full(self):
        t = tables.Table("name", "value, all digits")
        t.add('say "hi", twice', 0.1234567890123)
        self.assertEqual(t.csv(), 'name,"value, all digits"\n"say ""hi"", twice",0.1234567890123\n')

    def test_samples(self):
        self.assertEqual(records.Sample([51.7, 51.9, 52.1]).text(1), "51.9 ± 0.2")
        self.assertEqual(records.Sample([51.9]).text(1), "51.9")
        self.assertEqual(records.Sample().text(1), tables.DASH)

    def test_diverged_trials(self):
        self.assertIn("diverged", training.search_table(SEARCH).markdown())

    def test_rows_where_an_operator_wins(self):
        self.assertEqual(benchmarks.winning_rows([(1, 2.0), (100, 0.5)]), "up to 10")
        self.assertEqual(benchmarks.winning_rows([(1, 0.5), (100, 2.0)]), "from 10")
        self.assertEqual(benchmarks.winning_rows([(1, 2.0), (4, 3.0)]), "all")


class Pages(unittest.TestCase):
    def test_parts(self):
        self.assertEqual(page.filled("a <!-- x -->1<!-- / --> b", {"x": "2"}, "p"), "a <!-- x -->2<!-- / --> b")
        self.assertRaisesRegex(ValueError, "nothing called", page.filled, "<!-- x -->1<!-- / -->", {}, "p")
        self.assertRaisesRegex(ValueError, "does not begin", page.filled, "<!-- x --> 1 <!-- / --> <!-- / -->", {"x": ""}, "p")

    def test_prose_holds_no_number_of_its_own(self):
        for name, module in (("mpo", mpo), ("spectral", spectral), ("minimal", minimal), ("subspace", subspace),
                             ("kernel_attention", kernel_attention), ("processes", processes)):
            text = (ROOT / "docs" / "experiments" / f"{name}.md").read_text(encoding="utf-8")
            part, protocol = module.PROTOCOL
            known = page.numbers_in(module.make(records.RESULTS).parts[part]) | page.numbers_in(protocol)
            self.assertLessEqual(page.numbers_of_prose(text), known, name)
        self.assertEqual(page.numbers_of_prose("1,234.5 at 3e-4 `7` <!-- x -->8<!-- / -->"), {"1,234.5", "3e-4"})

    def test_verdicts_follow_the_records(self):
        paper = {"dense": 1.580, "spectral-0.5": 1.604, "low_rank-48": 1.801, "spectral-0.5-random_basis": 1.600, "spectral-0.1": 1.75,
                 "spectral-0.05": 1.83, "spectral-0.1-scattered": 1.65, "spectral-0.05-scattered": 1.70}
        others = {"dense": 1.580, "spectral-0.5": 1.62, "low_rank-48": 1.66, "spectral-0.5-random_basis": 1.58, "spectral-0.1": 1.61,
                  "spectral-0.05": 1.61, "spectral-0.1-scattered": 1.67, "spectral-0.05-scattered": 1.70}
        self.assertEqual(relations({}).count("hold"), 0)
        self.assertEqual((relations(paper).count("| holds "), relations(paper).count("does not hold")), (9, 0))
        self.assertEqual(relations(others).count("does not hold"), 9)
        self.assertEqual(relations(paper, learning_rate=1.0).count("hold"), 0)  # another recipe is not the experiment's
        time = {"program": "picogpt_step_time", "series": {},
                "results": {"models": [{"model": "dense", "seconds": 1.0}, {"model": "spectral-0.5", "seconds": 1.3}]}}
        self.assertEqual(spectral.Maker([time]).make().parts["relations"].count("does not hold"), 1)

    def test_minimal_relations(self):
        def run(model, parameters, training, loss, accuracy, data="mnist"):
            options = {"model": model, "data": data, "steps": 200, "batch": 10, "train_images": 100, "crop": 0.8, "trial": False}
            return {"program": "vit_minimal", "seed": 1, "series": {}, "options": options,
                    "results": {"parameters": parameters, "ratio_q": 2.0, "training_loss": training, "val_loss": loss, "val_acc": accuracy}}

        good = [run("full", 279106, 0.01, 0.10, 0.98), run("full-e12", 554602, 0.01, 0.10, 0.98), run(minimal.MINIMUM, 27010, 0.1, 0.10, 0.978),
                run("full-no_mlp", 92890, 0.02, 0.12, 0.97), run("tied-no_mlp", 70930, 0.02, 0.11, 0.97)]
        good += [run("full", 287686, 0.01, 2.0, 0.6, "cifar10"), run(minimal.MINIMUM, 35590, 1.0, 1.5, 0.55, "cifar10")]
        made = minimal.Maker(good).make()
        self.assertEqual((made.parts["relations"].count("| holds "), made.parts["relations"].count("does not hold")), (7, 1))
        self.assertIn("9.7 %", made.parts["images"])
        good[2]["results"]["val_acc"] = 0.96
        self.assertEqual(minimal.Maker(good).make().parts["relations"].count("does not hold"), 3)
        operators = [*good, run("full+mpo-8", 40000, 0.5, 1.6, 0.61, "cifar10")]  # beats full, not the minimum
        self.assertEqual(minimal.Maker(operators).unlifted("cifar10"), 1)
        self.assertIsNone(minimal.Maker(good).unlifted("cifar10"))
        good[0]["options"]["steps"] = 100  # another budget
        self.assertNotIn("full", minimal.Maker(good).found["mnist"])
        self.assertEqual(minimal.Maker([]).make().parts["relations"].count("hold"), 0)

    def test_minimal_speed_and_pictures(self):
        speed = {"images_per_second": {"xtn": 260.0, "eager": 200.0, "compile": 100.0}, "of_bare_products": 0.5}
        shown = {"tied-no_mlp": {"attention": [[[50, 50, 0, 100]]]},
                 "full": {"misclassified": [{"label": 4, "found": 9, "pixels": [0, 255, 51, 0]}]}}
        made = minimal.Maker([], speed, shown).make()
        self.assertEqual((made.parts["speed"].count("| holds "), made.parts["speed"].count("does not hold")), (1, 1))
        self.assertEqual(made.figures["mnist-attention"].data, [("tied-no_mlp, 1", [[0.5, 0.5], [0.0, 1.0]])])
        self.assertEqual(made.figures["mnist-mistakes"].data, [("4 as 9", [[0.0, 1.0], [0.2, 0.0]])])

    def test_subspace_relations(self):
        def run(model, parameters, accuracy, loss=1.6, steps=0, **searched):
            options = {"model": model, "subspace": "stacked", "weights": subspace.TEACHER, "calibration": 32, "calibration_from": 0, "steps": steps}
            return {"program": "picogpt_subspace", "seed": 1, "series": {}, "options": options | searched,
                    "results": {"parameters": parameters, "teacher_parameters": 1000, "teacher_loss": 1.5, "teacher_acc": 0.5, "val_acc": accuracy,
                                "val_loss": loss, "calibration_loss": loss, "calibration_seconds": 2.0, "share_of_moment": 0.9}}

        claim, goal = {"share_removed": 0.44}, {"share_removed": 0.25}
        narrow = {"program": "picogpt_mpo", "seed": 1, "series": {}, "options": {"model": "dense-d96", "steps": 2200},
                  "results": {"parameters": 565, "val_loss": 1.7}}
        runs = [run("w70-n512-k32-v32", 555, 0.3), run("w94-n512-k32-v32", 745, 0.4), run("w96-n256-k32-v32", 560, 0.4, **claim),
                run("w96-n256-k32-v32", 560, 0.495, 1.6, 200, **claim), run("w112-n384-k32-v32", 750, 0.495, **goal), narrow]
        verdicts = subspace.Maker(runs).make().parts["relations"]
        self.assertEqual((verdicts.count("| holds "), verdicts.count("does not hold")), (4, 3))
        runs[3]["results"] |= {"val_acc": 0.49, "val_loss": 1.71}
        self.assertEqual(subspace.Maker(runs).make().parts["relations"].count("does not hold"), 5)
        self.assertEqual(subspace.Maker([]).make().parts["relations"].count("hold"), 0)

    def test_kernel_attention_relations(self):
        def run(kind, budget, loss, accuracy, way="next_token", weights=kernel_attention.TEACHER):
            options = {"model": kind, "way": way, "budget": budget, "last": True, "trial": False, "weights": weights}
            return {"program": "picogpt_kernel", "seed": 1, "series": {}, "options": options,
                    "results": {"val_loss": loss, "val_acc": accuracy, "teacher_loss": 1.5, "teacher_acc": 0.5, "state_bytes": 1024}}

        def falls(steepness):
            return {"step": [8, 32, 128], "value": [m ** steepness for m in (8, 32, 128)]}

        kinds = {"gaussian": -0.5, "orthogonal": -0.55, "sobol": -1.0, "dct": -0.6}
        errors = {"program": "picogpt_kernel_error", "series": {f"{v} {k}": falls(s) for v in ("gaussian", "trained") for k, s in kinds.items()},
                  "results": {}}
        good = [run(kind, b, loss, 0.495) for b in (40, 125)
                for kind, loss in (("code", 1.51), ("paper", 1.512), ("pff", 1.52), ("prf", 1.53), ("retention", 1.54))]
        # Neither a window nor another teacher nor softmax decides.
        rest = [run("paper-w16", 40, 1.0, 0.9), run("hedgehog", 40, 1.0, 0.9, weights="other.safetensors"), run("softmax", 40, 1.0, 0.9)]

        def bench(name, **counters):
            return {"name": f"{name}/iterations:5/manual_time"} | counters

        speed = {"benchmarks": [bench("training/256", paper_times=0.95), bench("training/4096", paper_times=4.5), bench("evaluator/256", of_products=0.8),
                                bench("constant/16", paper=0.99), bench("writing/8192/16", paper=990.0, paper_times=20.0)]}
        relations = kernel_attention.Maker([*good, *rest, errors], speed).make().parts["relations"]
        self.assertEqual((relations.count("| holds "), relations.count("does not hold")), (25, 0))
        bad = [run(r["options"]["model"], r["options"]["budget"], 3.0 - r["results"]["val_loss"] + 0.1, 0.4) for r in good]
        self.assertEqual(kernel_attention.Maker(bad).make().parts["relations"].count("does not hold"), 10)
        self.assertEqual(kernel_attention.Maker([]).make().parts["relations"].count("hold"), 0)


class Figures(unittest.TestCase):
    def figure(self):
        f = figures.Figure("Loss", figures.Axis("step"), figures.Axis("nats", logarithmic=True))
        f.add("dense", [1, 2], [3.0, 2.0])
        return f

    def test_series_differ_without_colour(self):
        self.assertEqual(len({figures.look(k)[1:] for k in range(42)}), 42)

    def test_a_changed_value_is_another_figure(self):
        f = self.figure()
        f.data[0].y[1] = 2.5
        self.assertNotEqual(f.digest(), self.figure().digest())

    def test_a_file_knows_what_it_shows(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            self.skipTest("matplotlib is not there")
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "loss.svg"
            figures.draw(self.figure(), path)
            self.assertEqual(figures.digest_in(path.read_text(encoding="utf-8")), self.figure().digest())


if __name__ == "__main__":
    unittest.main()
