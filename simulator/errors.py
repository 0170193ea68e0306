"""What can go wrong when something is simulated.

SimulatorError
├── UnknownName            no profile or fault has this name
├── UnusableFolder         a folder of files that no chip can be made from
├── UnusableField          a bit rate and a delay that no field can have
├── SizeUnreachable        a file cannot be made in the size that is asked for
├── SlotUnavailable        no virtual reader listens on the port
└── ServiceNotStarted      the PC/SC service is not running and could not be started
"""

from __future__ import annotations


class SimulatorError(Exception):
    """Root of the tree: `code` is stable, `message` says what happened, `remedy` what to do about it.

    Args:
        code: replaces the class's code with a finer one.
        remedy: replaces the class's remedy.
    """

    code = "simulator.failed"
    remedy = "Run `motcham doctor`; it names what is missing."

    def __init__(self, message: str, *, code: str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.remedy = remedy or self.remedy


class UnknownName(SimulatorError):
    code = "simulator.unknown_name"
    remedy = "`motcham simulate list` shows every profile and fault."


class UnusableFolder(SimulatorError):
    code = "simulator.unusable_folder"
    remedy = "Give a folder with EF_COM.bin, EF_SOD.bin and the data groups that they name."


class UnusableField(SimulatorError):
    code = "simulator.unusable_field"
    remedy = "Give kilobits a second and milliseconds a command, such as 423.8:5."


class SizeUnreachable(SimulatorError):
    code = "simulator.size_unreachable"
    remedy = "Ask for 20,000 to 160,000 bytes, or leave the file as it comes."


class SlotUnavailable(SimulatorError):
    code = "simulator.no_slot"
    remedy = (
        "Install vsmartcard-vpcd (`apt-get install vsmartcard-vpcd`) and start the PC/SC service (`pcscd` as root)."
    )


class ServiceNotStarted(SimulatorError):
    code = "simulator.no_service"
    remedy = "Install pcscd and vsmartcard-vpcd (`apt-get install pcscd vsmartcard-vpcd`) and start `pcscd` as root."
