"""Run the command line as `python -m napari_reward_analysis.cli`."""

import sys

from napari_reward_analysis.cli.main import main

sys.exit(main())
