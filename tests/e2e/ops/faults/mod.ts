/** All faults that are done, in their order: those that leave something behind come last. */
import { DISK_FAULTS } from "./disk_faults.ts";
import type { Fault } from "./fault.ts";
import { LIES } from "./lies.ts";
import { NETWORK_FAULTS } from "./network_faults.ts";
import { PROCESS_FAULTS } from "./process_faults.ts";
import { ROSTER_FAULTS } from "./roster_faults.ts";
import { TRAFFIC_FAULTS } from "./traffic_faults.ts";

export type { Fault } from "./fault.ts";

export const FAULTS: readonly Fault[] = [
  ...[...PROCESS_FAULTS, ...DISK_FAULTS, ...NETWORK_FAULTS, ...TRAFFIC_FAULTS, ...ROSTER_FAULTS, ...LIES],
];
