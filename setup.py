"""Puts the hardware and the trained weights, which stand beside the package, inside of it.

Everything else is in pyproject.toml, where this cannot be said without a list of all packages.
`fpga_ee/shipped.py` finds the files in a clone and in an installed package.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["fpga_ee", "fpga_ee.*"]), "fpga_ee.hw", "fpga_ee.models"],
    package_dir={"fpga_ee.hw": "hw", "fpga_ee.models": "models"},
    package_data={
        "fpga_ee": ["py.typed"],
        "fpga_ee.datasets": ["embedded/*"],
        # Not hw/formal and the counts of single modules, which only change the hardware or its model.
        "fpga_ee.hw": ["rtl/*.sv", "board/*.sv", "sim/*.cpp", "area/*.json", "platforms/*.toml", "designs/*"],
        "fpga_ee.models": ["*/weights.safetensors", "*/training.json"],
    },
    # Too large to ship: 46 MB, where somebody has trained it here.
    exclude_package_data={"fpga_ee.models": ["C_Alexnet_SVHN/*"]},
)
