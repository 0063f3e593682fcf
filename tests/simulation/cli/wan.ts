/** `deno task sim --wan PROFILE`: what a cluster does in a wide area. */
import { ConfigError } from "../../../crypto/config_error.ts";
import { DEFAULT_CONSTANTS } from "../../../crypto/roster/constants.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { type Flags, wholeNumber } from "../../../tasks/support/flags.ts";
import { createProgress } from "../../../tasks/support/progress.ts";
import { printLine } from "../../../tasks/support/run_task.ts";
import { type Costs, MEASURED, NOTHING } from "../wan/costs.ts";
import { fittingConstants, slowestLatencyMs } from "../wan/fitting.ts";
import { type Geography, layOut, rankLeaderRegions } from "../wan/geography.ts";
import { EVEN, evenProfile, type Profile, PROFILES } from "../wan/profiles.ts";
import { runWan, type WanReport, type WanRun } from "../wan/wan_run.ts";
import { entryTable, type LatencyReport, latencyTable, loadTable } from "../wan/wan_tables.ts";

export const WAN_STRINGS = [
  ...["wan", "rtt", "leader", "bandwidth", "clients", "outstanding", "value", "seconds", "costs", "constants", "crash"],
] as const satisfies readonly string[];

export const WAN_USAGE = `  --wan PROFILE       no search: what a cluster does in a wide area. ${
  PROFILES.map(({ name, what }) => `${name} (${what})`).join(", ")
}, or
                      ${EVEN} (a region for each replica, all of them equally far apart); with it
    --replicas N,N      4 to 31 (default: that of the profile)
    --rtt MS            round trip between regions of ${EVEN} (default 200)
    --leader REGION     best or worst for all regions' clients (default best), or a region
    --bandwidth MBIT    of each replica's link, sending; 0 for no limit (default 1000)
    --clients N,N       clients in each region (default 16,256); 0 measures one write at a time alone
    --load-only         leaves out one write at a time
    --outstanding N     writes that each client has under way (default 1)
    --value BYTES       of each value (default 200)
    --seconds S         that count, after a warm-up (default 5)
    --costs KIND        processor time: measured or none (default measured)
    --constants KIND    of the roster: fitting or default (default fitting)
    --crash WHO         leader, or the follower next to it, after the warm-up
    --start S           seed of the jitter (default 1)
`;

type WanFlags = Flags<(typeof WAN_STRINGS)[number] | "replicas" | "start", "json" | "load-only">;

const MAX_REPLICAS = 31;
const DEFAULT_RTT_MS = 200;
const DEFAULT_MBIT = 1000;
const BYTES_PER_MS_OF_MBIT = 125;
const JITTER = 0.01;
const MAX_VALUE = 64 * 1024;
/** A warm-up in the slowest latencies, and at least so long: clients begin, learn how long answers take, and the pipeline grows. */
const WARM_UP_LATENCIES = 12;
const LEAST_WARM_UP_MS = 3000;
/** The same where one client writes at a time, and the time of measuring it. */
const LATENCY_LATENCIES = 5;
const LEAST_LATENCY_MS = 2500;
const COSTS: Readonly<Record<string, Costs>> = { measured: MEASURED, none: NOTHING };

/** One call, understood. */
interface Wish {
  readonly geographies: readonly Geography[];
  readonly clients: readonly number[];
  readonly constantsOf: (geography: Geography) => ProtocolConstants;
  readonly common: Pick<WanRun, "seed" | "bytesPerMs" | "jitter" | "costs">;
  readonly load: { readonly outstanding: number; readonly valueBytes: number };
  readonly measuredMs: number;
  readonly crash: WanRun["crash"];
}

/** Runs what `flags` say and prints it. */
export function runWanTask(flags: WanFlags): void {
  const wish = wishOf(flags);
  const progress = createProgress(!flags.json);
  const latency: LatencyReport[] = [];
  const load: WanReport[] = [];
  for (const geography of wish.geographies) {
    progress.show(() => `n = ${geography.sites.length}: one write at a time`);
    if (!flags["load-only"]) latency.push(latencyOf(wish, geography));
    for (const clients of wish.clients) {
      progress.show(() => `n = ${geography.sites.length}: ${clients} clients a region`);
      load.push(loadOf(wish, geography, clients));
    }
  }
  progress.clear();
  for (const line of lines(flags, wish, latency, load)) printLine(line);
}

function lines(flags: WanFlags, wish: Wish, latency: readonly LatencyReport[], load: readonly WanReport[]): string[] {
  const [{ profile }] = wish.geographies as [Geography];
  if (flags.json) return [JSON.stringify({ profile: profile.name, seed: wish.common.seed, latency, load })];
  return [
    `${profile.name}: ${profile.what}`,
    ...wish.geographies.map((geography) => placesLine(geography, wish.constantsOf(geography))),
    ...(latency.length === 0 ? [] : latencyLines(latency)),
    ...(load.length === 0 ? [] : loadLines(wish, load)),
  ];
}

const latencyLines = (latency: readonly LatencyReport[]): string[] => [
  "",
  "One write at a time, ms: at the leader, and at the clients of each region p50 / p99 (by distance alone)",
  ...latencyTable(latency),
];

const loadLines = (wish: Wish, load: readonly WanReport[]): string[] => [
  ...["", `Under load, ${loadLine(wish)}`, ...loadTable(load)],
  ...[
    "",
    "An entry, beside the requests in it: packets from all to all, and signatures of replicas",
    ...entryTable(load),
  ],
];

function placesLine({ sites, profile }: Geography, { electionTimeoutMs, heartbeatMs }: ProtocolConstants) {
  const places = profile.regions.map((region) => ({
    region,
    count: sites.filter((site) => site.region === region).length,
  }));
  const named = places.filter(({ count }) => count > 0).map(({ region, count }) => `${region} ${count}`).join(", ");
  return `n = ${sites.length}: ${profile.name === EVEN ? "" : `${named}; `}` +
    `electionTimeoutMs ${electionTimeoutMs}, heartbeatMs ${heartbeatMs}`;
}

function loadLine({ load: { valueBytes }, common: { bytesPerMs }, measuredMs }: Wish): string {
  const bandwidth = Number.isFinite(bytesPerMs) ? `${bytesPerMs / BYTES_PER_MS_OF_MBIT} Mbit/s` : "links without limit";
  return `${valueBytes} B a value, ${bandwidth}, ${measuredMs / 1000} s; latency of the slowest region`;
}

function latencyOf(wish: Wish, geography: Geography): LatencyReport {
  const constants = wish.constantsOf(geography);
  const enoughMs = Math.max(LEAST_LATENCY_MS, LATENCY_LATENCIES * slowestLatencyMs(geography));
  const perRegion = geography.profile.regions.map((region) =>
    runWan({
      ...{ ...wish.common, geography, constants },
      ...{ warmUpMs: enoughMs, measuredMs: enoughMs, crash: null },
      load: { regions: [region], clients: 1, outstanding: 1, valueBytes: wish.load.valueBytes },
    })
  );
  return { constants, perRegion };
}

const loadOf = (wish: Wish, geography: Geography, clients: number): WanReport =>
  runWan({
    ...{ ...wish.common, geography, constants: wish.constantsOf(geography), warmUpMs: warmUpOf(geography) },
    ...{ measuredMs: wish.measuredMs, crash: wish.crash },
    load: { ...wish.load, regions: geography.profile.regions, clients },
  });

const warmUpOf = (geography: Geography): number =>
  Math.max(LEAST_WARM_UP_MS, WARM_UP_LATENCIES * slowestLatencyMs(geography));

function wishOf(flags: WanFlags): Wish {
  const mbit = wholeNumber("bandwidth", flags.bandwidth) ?? DEFAULT_MBIT;
  return {
    geographies: geographiesOf(flags),
    clients: listOf("clients", flags.clients ?? "16,256", 0, 4096).filter((clients) => clients > 0),
    constantsOf: oneOf("constants", flags.constants ?? "fitting", {
      fitting: fittingConstants,
      default: () => DEFAULT_CONSTANTS,
    }),
    common: {
      seed: wholeNumber("start", flags.start) ?? 1,
      bytesPerMs: mbit === 0 ? Infinity : mbit * BYTES_PER_MS_OF_MBIT,
      jitter: JITTER,
      costs: oneOf("costs", flags.costs ?? "measured", COSTS),
    },
    load: {
      outstanding: between("outstanding", flags.outstanding ?? "1", 1, 1000),
      valueBytes: between("value", flags.value ?? "200", 1, MAX_VALUE),
    },
    measuredMs: 1000 * between("seconds", flags.seconds ?? "5", 1, 3600),
    crash: flags.crash === undefined ? null : oneOf("crash", flags.crash, { leader: "leader", follower: "follower" }),
  };
}

function geographiesOf(flags: WanFlags): Geography[] {
  const named = flags.wan === EVEN ? null : oneOf("wan", flags.wan!, profilesByName());
  const rttMs = between("rtt", flags.rtt ?? String(DEFAULT_RTT_MS), 1, 10_000);
  const sizes = listOf("replicas", flags.replicas ?? String(named?.replicas ?? 4), 4, MAX_REPLICAS);
  return sizes.map((n) => {
    const profile = named ?? evenProfile(rttMs, n);
    return layOut(profile, n, leaderRegionOf(profile, n, flags.leader ?? "best"));
  });
}

const profilesByName = (): Record<string, Profile> =>
  Object.fromEntries([...PROFILES.map((profile) => [profile.name, profile]), [EVEN, null]]);

function leaderRegionOf(profile: Profile, n: number, wanted: string): string {
  const ranked = rankLeaderRegions(profile, n);
  const regions = Object.fromEntries(ranked.map((region) => [region, region]));
  return oneOf("leader", wanted, { best: ranked[0]!, worst: ranked.at(-1)!, ...regions });
}

function oneOf<T>(flag: string, name: string, known: Readonly<Record<string, T>>): T {
  if (Object.hasOwn(known, name)) return known[name]!;
  throw new ConfigError(`--${flag}: given "${name}", wanted one of ${Object.keys(known).join(", ")}`);
}

const listOf = (flag: string, text: string, least: number, most: number): number[] =>
  text.split(",").map((each) => between(flag, each, least, most));

function between(flag: string, text: string, least: number, most: number): number {
  const value = wholeNumber(flag, text)!;
  if (value < least || value > most) throw new ConfigError(`--${flag}: given ${value}, wanted ${least} to ${most}`);
  return value;
}
