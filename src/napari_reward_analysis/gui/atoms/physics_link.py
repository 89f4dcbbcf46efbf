"""N and DS stand in two places: in the form for the next run, below the runs for the shown one.

Where both are about the same image and crystal they are the same numbers: a change of
either scores the shown run anew at once, without a search, and shows in the other.
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
    """Keeps N and DS of form, results and shown run in step.

    Parameters
    ----------
    session : AtomsSession
        Whose shown run is scored anew.
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
        """Judge the shown run anew when N or DS is changed in the form."""
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
        """Judge the shown run anew; the form follows where it is about the same."""
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
        """Whether form and run have image and lattice in common."""
        frame = self._form.image.frame
        same_image = frame is not None and self._session.places.get(run.identifier) == frame.place
        return same_image and self._form.lattice.name == FormValues.of(run).lattice
