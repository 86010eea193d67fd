"""What can go wrong with backups, in words for their owner."""

from nanoclaw.model.errors import NanoclawError


class BackupError(NanoclawError):
    """A backup could not be made, read or restored. Earlier backups and the home are as they were."""


class BackupDamagedError(BackupError):
    """A part of a backup is missing, or is not what was written."""


class BackupKeyError(BackupError):
    """The passphrase or key file is missing, or is not the one that the backups were made with."""


class NewerBackupError(BackupError):
    """The backup was made by a newer version of this program."""


class BackupBusyError(BackupError):
    """Another backup is being made or thinned out."""


class NoRoomError(BackupError):
    """There is not enough free space."""


class NoSuchBackupError(BackupError):
    """No backup fits what was asked for."""


class DrillFailedError(BackupError):
    """A restore into a scratch home did not give a working installation."""
