"""Link N and DS of the form, for the next run, with those of the shown run.

Both are the same numbers if the form and the shown run have the same image and lattice. A
change of either scores the shown run again, without a search, and is shown in the other.
"""

from __future__ import annotations

from dataclasses import replace

from napari_reward_analysis.analyses.atoms.run import Run
from napari_reward_analysis.gui.atoms.form import AtomsForm
from napari_reward_analysis.gui.atoms.results import AtomsResults
from napari_reward_analysis.gui.atoms.session import AtomsSession
from napari_reward_analysis.gui.inputs.form_values import FormValues
from napari_reward_analysis.gui.inputs.lattice_section import angstrom_ds
from napari_reward_analysis.rewards.atoms import Physics


class PhysicsLink:
    """Keep N and DS of the form, the results and the shown run equal.

    Parameters
    ----------
    session : AtomsSession
        Its shown run is scored again.
    form : AtomsForm
        N and DS of the next run.
    results : AtomsResults
        N and DS of the shown run.
    """

    def __init__(self, session: AtomsSession, form: AtomsForm, results: AtomsResults) -> None:
        self._session, self._form, self._results = session, form, results
        form.physics_typed.connect(self._on_form)
        results.physics_typed.connect(self._on_results)

    def _on_form(self) -> None:
        """Score the shown run again after a change of N or DS in the form."""
        run = self._session.current
        if run is None or not self._form_is_about(run):
            return
        start = self._session.starting_physics(run)
        values = self._form.values()
        count, ds = values.count, values.ds
        if ds is None and run.settings.ds is not None:
            ds = angstrom_ds(values, run.lattice)
        size = run.image.pixel_size or 1.0
        self._session.rescore(
            replace(
                run.physics,
                expected=start.expected if count is None else count,
                ds_px=start.ds_px if ds is None else ds / size,
                tolerance=values.tolerance or start.tolerance,
            )
        )
        self._results.show_physics()

    def _on_results(self, physics: Physics) -> None:
        """Score the shown run again, and update the form if it has the same image and lattice."""
        run = self._session.current
        if run is None:
            return
        before = run.physics
        self._session.rescore(physics)
        self._results.show_physics()
        if not self._form_is_about(run):
            return
        lattice = self._form.lattice
        count, ds = lattice.count.value(), lattice.ds.value()
        if physics.expected != before.expected:
            count = physics.expected
        if physics.ds_px != before.ds_px:
            ds = physics.ds_px * (run.image.pixel_size or 1.0)
        lattice.set_physics(count, ds)
        self._form.refresh()

    def _form_is_about(self, run: Run) -> bool:
        """Whether form and run have the same image and lattice."""
        frame = self._form.image.frame
        same_image = frame is not None and self._session.places.get(run.identifier) == frame.place
        return same_image and self._form.lattice.name == FormValues.of(run).lattice
