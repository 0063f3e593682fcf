/** Protocol constants of a roster: defaults, ranges and cross-checks. */
import type { ProtocolConstants } from "../../protocol/config.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { type Profile, PROFILES } from "../../protocol/quorum.ts";
import { type Field, readBoolean, readInteger, readObject, refuse } from "../strict_json.ts";

const MIN_TIMEOUT_MS = 10;
const MAX_TIMEOUT_MS = 3_600_000;
const MAX_SESSION_WINDOW = 4096;
const MAX_SESSIONS = 64;
/** A register is signed a round trip and a full pipeline before it is applied. */
const MIN_HORIZON = 2 * LIMITS.minPipeline;
const MAX_HORIZON = 1_000_000;
/** The links of a commit certificate must be able to span two checkpoint intervals, to prove the older checkpoint (§5.6). */
const MAX_CHECKPOINT_EVERY = LIMITS.maxLinks / 2;
/** The most a replica collects in one catch-up (§8.1): a replica that lacks more is better served by the snapshot than by a longer tail. */
const MAX_LOG_TAIL = LIMITS.maxFetchEntries;

const MIN_OFFICE_ENTRIES = 64;
const MAX_OFFICE_ENTRIES = 1_000_000_000;
/** An office is to outlast elections, also those that fail at first. */
const MIN_OFFICE_TIMEOUTS = 4;
const MAX_OFFICE_MS = 604_800_000;

/** Constants of a new roster unless others are given. */
export const DEFAULT_CONSTANTS: ProtocolConstants = {
  profile: "byzantine",
  electionTimeoutMs: 1000,
  electionTimeoutCapMs: 16_000,
  heartbeatMs: 100,
  patienceMs: 2000,
  patienceCapMs: 32_000,
  officeEntries: 0,
  officeMs: 0,
  paceMs: 1000,
  sessionWindow: 128,
  sessionsPerClient: 8,
  registrationHorizon: 10_000,
  checkpointEvery: 1000,
  logTail: 1000,
  fastReads: false,
};

const CAP_FACTOR = DEFAULT_CONSTANTS.electionTimeoutCapMs / DEFAULT_CONSTANTS.electionTimeoutMs;
const HEARTBEATS_PER_TIMEOUT = DEFAULT_CONSTANTS.electionTimeoutMs / DEFAULT_CONSTANTS.heartbeatMs;

/**
 * Returns the defaults with `changes` applied. If only the election timeout is given, its cap, the heartbeat and the pace follow: the cap stays
 * 16 times as long, the heartbeat a tenth of it and at most the default. Not checked; {@linkcode readConstants} does that.
 */
export function constantsWith(changes: Partial<ProtocolConstants>): ProtocolConstants {
  const timeout = changes.electionTimeoutMs ?? DEFAULT_CONSTANTS.electionTimeoutMs;
  const heartbeat = Math.max(1, Math.floor(timeout / HEARTBEATS_PER_TIMEOUT));
  const constants = {
    ...DEFAULT_CONSTANTS,
    electionTimeoutCapMs: Math.min(MAX_TIMEOUT_MS, timeout * CAP_FACTOR),
    heartbeatMs: Math.min(DEFAULT_CONSTANTS.heartbeatMs, heartbeat),
    ...changes,
  };
  return { ...constants, paceMs: changes.paceMs ?? usualPace(constants) };
}

type Waits = Pick<ProtocolConstants, "electionTimeoutMs" | "heartbeatMs" | "patienceMs" | "patienceCapMs">;

/** §14.10: the pace expected where none is named. */
const usualPace = ({ electionTimeoutMs, patienceMs, patienceCapMs }: Waits): number =>
  Math.min(patienceCapMs, Math.max(electionTimeoutMs, Math.ceil(patienceMs / 2)));

/** An honest leader under load executes what it has taken within a quarter of patience (§14.7), and a round trip takes heartbeats. */
const leastPace = ({ heartbeatMs, patienceMs, patienceCapMs }: Waits): number =>
  Math.min(patienceCapMs, Math.max(Math.ceil(patienceMs / 2), 2 * heartbeatMs));

/** Values of the constants that a roster may lack, since they came later than others; all replicas of such a roster take the same ones. */
const ABSENT: Partial<Record<keyof ProtocolConstants, unknown>> = {
  profile: DEFAULT_CONSTANTS.profile,
  checkpointEvery: DEFAULT_CONSTANTS.checkpointEvery,
  logTail: DEFAULT_CONSTANTS.logTail,
  sessionsPerClient: DEFAULT_CONSTANTS.sessionsPerClient,
  registrationHorizon: DEFAULT_CONSTANTS.registrationHorizon,
  officeEntries: 0,
  officeMs: 0,
  paceMs: undefined, // depends on the others
};

const NAMES = Object.keys(DEFAULT_CONSTANTS) as (keyof ProtocolConstants)[];

/**
 * Reads and checks the constants: election timeout 10 ms to 1 h; its cap at least that and at most 1 h; heartbeat at least 1 ms and below
 * half the election timeout; patience and its cap likewise from 10 ms; session window even, 2 to 4096; 1 to 64 sessions of a client, no
 * more than its window, so that each has room in what is pending (§7.3); a registration horizon of 32 to 1 000 000 entries; a checkpoint
 * every 1 to 4096 entries; a log tail of 1 to 16 384 entries; offices and pace as §14.10 has them. From the sessions of a client on they have defaults
 * if the roster does not say; one that names no profile is `byzantine`. Throws `ConfigError`.
 */
export function readConstants(field: Field): ProtocolConstants {
  const fields = readObject(field, NAMES, ABSENT);
  const electionTimeoutMs = readInteger(fields.electionTimeoutMs, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const heartbeatMs = readInteger(fields.heartbeatMs, 1, MAX_TIMEOUT_MS);
  if (heartbeatMs >= electionTimeoutMs / 2) {
    refuse(fields.heartbeatMs, `less than half of electionTimeoutMs (${electionTimeoutMs})`);
  }
  const patienceMs = readInteger(fields.patienceMs, MIN_TIMEOUT_MS, MAX_TIMEOUT_MS);
  const patienceCapMs = readInteger(fields.patienceCapMs, patienceMs, MAX_TIMEOUT_MS);
  const sessionWindow = readInteger(fields.sessionWindow, 2, MAX_SESSION_WINDOW);
  if (sessionWindow % 2 !== 0) refuse(fields.sessionWindow, "an even number");
  return {
    profile: readProfile(fields.profile),
    electionTimeoutMs,
    electionTimeoutCapMs: readInteger(fields.electionTimeoutCapMs, electionTimeoutMs, MAX_TIMEOUT_MS),
    heartbeatMs,
    patienceMs,
    patienceCapMs,
    officeEntries: readIntegerOrOff(fields.officeEntries, MIN_OFFICE_ENTRIES, MAX_OFFICE_ENTRIES),
    officeMs: readIntegerOrOff(fields.officeMs, MIN_OFFICE_TIMEOUTS * electionTimeoutMs, MAX_OFFICE_MS),
    paceMs: readPace(fields.paceMs, { electionTimeoutMs, heartbeatMs, patienceMs, patienceCapMs }),
    sessionWindow,
    sessionsPerClient: readInteger(fields.sessionsPerClient, 1, Math.min(MAX_SESSIONS, sessionWindow)),
    registrationHorizon: readInteger(fields.registrationHorizon, MIN_HORIZON, MAX_HORIZON),
    checkpointEvery: readInteger(fields.checkpointEvery, 1, MAX_CHECKPOINT_EVERY),
    logTail: readInteger(fields.logTail, 1, MAX_LOG_TAIL),
    fastReads: readBoolean(fields.fastReads),
  };
}

const readPace = (field: Field, waits: Waits): number =>
  field.value === undefined ? usualPace(waits) : readIntegerOrOff(field, leastPace(waits), waits.patienceCapMs);

function readIntegerOrOff(field: Field, min: number, max: number): number {
  const { value } = field;
  if (value === 0) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  return refuse(field, `0 or an integer from ${min} to ${max}`);
}

function readProfile(field: Field): Profile {
  const found = PROFILES.find((profile) => profile === field.value);
  return found ?? refuse(field, `one of ${PROFILES.join(", ")}`);
}
