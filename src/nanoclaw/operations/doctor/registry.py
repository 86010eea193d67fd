"""All checks, in the order in which they are shown."""

from nanoclaw.operations.doctor.check import Check
from nanoclaw.operations.doctor.checks.alert_route import ALERT_ROUTE
from nanoclaw.operations.doctor.checks.backup_copies import BACKUP_COPIES
from nanoclaw.operations.doctor.checks.backup_fresh import BACKUP_FRESH
from nanoclaw.operations.doctor.checks.backup_verified import BACKUP_VERIFIED
from nanoclaw.operations.doctor.checks.channel_extras import CHANNEL_EXTRAS
from nanoclaw.operations.doctor.checks.channel_libraries import CHANNEL_LIBRARIES
from nanoclaw.operations.doctor.checks.channel_modes import CHANNEL_MODES
from nanoclaw.operations.doctor.checks.channels import CHANNELS
from nanoclaw.operations.doctor.checks.claude_program import CLAUDE_PROGRAM
from nanoclaw.operations.doctor.checks.clock import CLOCK
from nanoclaw.operations.doctor.checks.configuration import CONFIGURATION
from nanoclaw.operations.doctor.checks.configuration_modes import CONFIGURATION_MODES
from nanoclaw.operations.doctor.checks.container_flags import CONTAINER_FLAGS
from nanoclaw.operations.doctor.checks.container_limits import CONTAINER_LIMITS
from nanoclaw.operations.doctor.checks.container_mounts import CONTAINER_MOUNTS
from nanoclaw.operations.doctor.checks.container_network import CONTAINER_NETWORK
from nanoclaw.operations.doctor.checks.credential import CREDENTIAL
from nanoclaw.operations.doctor.checks.database_integrity import DATABASE_INTEGRITY
from nanoclaw.operations.doctor.checks.database_lock import DATABASE_LOCK
from nanoclaw.operations.doctor.checks.database_log import DATABASE_LOG
from nanoclaw.operations.doctor.checks.database_modes import DATABASE_MODES
from nanoclaw.operations.doctor.checks.database_schema import DATABASE_SCHEMA
from nanoclaw.operations.doctor.checks.dependencies import DEPENDENCIES
from nanoclaw.operations.doctor.checks.disk_space import DISK_SPACE
from nanoclaw.operations.doctor.checks.engine import ENGINE
from nanoclaw.operations.doctor.checks.folders import FOLDERS
from nanoclaw.operations.doctor.checks.groups import GROUPS
from nanoclaw.operations.doctor.checks.home_modes import HOME_MODES
from nanoclaw.operations.doctor.checks.image import IMAGE
from nanoclaw.operations.doctor.checks.ipc import IPC
from nanoclaw.operations.doctor.checks.keys_in_groups import KEYS_IN_GROUPS
from nanoclaw.operations.doctor.checks.keys_in_logs import KEYS_IN_LOGS
from nanoclaw.operations.doctor.checks.keys_in_processes import KEYS_IN_PROCESSES
from nanoclaw.operations.doctor.checks.keys_in_version_control import KEYS_IN_VERSION_CONTROL
from nanoclaw.operations.doctor.checks.log_modes import LOG_MODES
from nanoclaw.operations.doctor.checks.log_size import LOG_SIZE
from nanoclaw.operations.doctor.checks.mounts import MOUNTS
from nanoclaw.operations.doctor.checks.orphans import ORPHANS
from nanoclaw.operations.doctor.checks.ownership import OWNERSHIP
from nanoclaw.operations.doctor.checks.paths import PATHS
from nanoclaw.operations.doctor.checks.port import PORT
from nanoclaw.operations.doctor.checks.proxy import PROXY
from nanoclaw.operations.doctor.checks.python_version import PYTHON_VERSION
from nanoclaw.operations.doctor.checks.recent_errors import RECENT_ERRORS
from nanoclaw.operations.doctor.checks.running import RUNNING
from nanoclaw.operations.doctor.checks.service import SERVICE
from nanoclaw.operations.doctor.checks.service_restart import SERVICE_RESTART
from nanoclaw.operations.doctor.checks.start_failures import START_FAILURES
from nanoclaw.operations.doctor.checks.tasks import TASKS
from nanoclaw.operations.doctor.checks.telegram_token import TELEGRAM_TOKEN
from nanoclaw.operations.doctor.checks.time_zone import TIME_ZONE
from nanoclaw.operations.doctor.checks.trigger_clashes import TRIGGER_CLASHES
from nanoclaw.operations.doctor.checks.triggers import TRIGGERS
from nanoclaw.operations.doctor.checks.whatsapp_session import WHATSAPP_SESSION

CHECKS: tuple[Check, ...] = (
    PYTHON_VERSION,
    DEPENDENCIES,
    CLAUDE_PROGRAM,
    ENGINE,
    CREDENTIAL,
    PROXY,
    CLOCK,
    TIME_ZONE,
    HOME_MODES,
    OWNERSHIP,
    CONFIGURATION_MODES,
    DATABASE_MODES,
    CHANNEL_MODES,
    LOG_MODES,
    KEYS_IN_VERSION_CONTROL,
    KEYS_IN_PROCESSES,
    KEYS_IN_LOGS,
    KEYS_IN_GROUPS,
    CONFIGURATION,
    FOLDERS,
    PATHS,
    IPC,
    GROUPS,
    TRIGGERS,
    TRIGGER_CLASHES,
    TASKS,
    MOUNTS,
    IMAGE,
    CONTAINER_FLAGS,
    CONTAINER_LIMITS,
    CONTAINER_MOUNTS,
    CONTAINER_NETWORK,
    ORPHANS,
    RUNNING,
    SERVICE,
    SERVICE_RESTART,
    START_FAILURES,
    PORT,
    DATABASE_LOCK,
    CHANNELS,
    WHATSAPP_SESSION,
    TELEGRAM_TOKEN,
    CHANNEL_EXTRAS,
    CHANNEL_LIBRARIES,
    DISK_SPACE,
    DATABASE_INTEGRITY,
    DATABASE_LOG,
    DATABASE_SCHEMA,
    LOG_SIZE,
    BACKUP_FRESH,
    BACKUP_VERIFIED,
    BACKUP_COPIES,
    ALERT_ROUTE,
    RECENT_ERRORS,
)
