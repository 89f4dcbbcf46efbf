"""`python -m napari_reward_analysis.cli`: the command line without an installed script."""

import sys

from napari_reward_analysis.cli.main import main

sys.exit(main())
