"""`harness analyze CONFIG`: Module Robustness Analysis and the search alone, without training a variant."""

from __future__ import annotations

from harness.cli.options import (
    DEFAULT_RUNS,
    DEFAULT_STORE,
    ConfigFile,
    Jobs,
    Overrides,
    RunsFolder,
    StoreFolder,
    jobs_for,
)


def analyze(
    config: ConfigFile,
    overrides: Overrides = None,
    *,
    store: StoreFolder = DEFAULT_STORE,
    runs: RunsFolder = DEFAULT_RUNS,
    jobs: Jobs = 0,
) -> None:
    """Map the robustness of every module, search for Mods_Robust, and write both beside the run.

    Example: harness analyze configs/quickstart.yaml --set search.budget=0.3

    Writes robustness.json, search.json, robustness.csv, map.svg and modules.json to runs/NAME/analysis. What it made is
    kept for `harness run`; stopped at any point, the same command goes on where it was. Variants' own changes of
    analysis and search are left to `harness run`. Exit codes: 0 done, 1 the world failed, 2 the input is wrong.
    """
    from rich.console import Console

    from harness import config as configs
    from harness import outputs
    from harness.analysis_files import FOLDER, write_analysis
    from harness.analysis_summary import print_analysis
    from harness.cli.display import display_of
    from harness.plan import make_analysis_plan
    from harness.report_robustness import robustness_views
    from harness.run import make
    from harness.store import Store

    console = Console()
    chosen = configs.load(config, overrides=overrides or ())
    plan = make_analysis_plan(chosen)
    opened = Store(store)
    with display_of(plan, opened, console) as display:
        make(plan, opened, jobs=jobs_for(jobs, threads=chosen.training.threads), display=display)
    (analysis,) = outputs.read_analyses(opened, [(plan.stages[-1].key, ())])
    files = write_analysis(analysis, runs / chosen.name / FOLDER, name=chosen.name)
    (view,) = robustness_views([analysis])
    print_analysis(view, console)
    for file in files:
        console.print(f"wrote {file}", highlight=False, markup=False, soft_wrap=True)
