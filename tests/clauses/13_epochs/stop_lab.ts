/** A core whose roster may change, and the changes to hand it. */
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { commandOf, plainChanges, plainlyNext, type PlainRoster } from "../../support/rosters/plain_rosters.ts";
import * as forge from "../support/forge.ts";
import { Lab, type LabOptions } from "../support/lab.ts";

export const PEERS = ["r1", "r3", "r4"];

/** The roster in force. */
export const FIRST: PlainRoster = {
  ...{ epoch: 1, previous: null, replicas: ["r1", "r2", "r3", "r4"], clients: ["c1", "c2"], constants: {} },
};
/** The one that c2 is not in any more. */
export const SECOND = plainlyNext(FIRST, { clients: ["c1"] });

/** Returns a request to change to `next`. */
export const changeTo = (next: PlainRoster, number = 7, client = "c1") =>
  forge.changeRequest(number, commandOf(next), client);

/** Returns the stop-sign after `head`. */
export const stopAfter = (head: Head, termNumber: number, next = SECOND): ChainedEntry =>
  forge.entryAfter(head, termNumber, [changeTo(next)]);

export const stopLab = (options: LabOptions = {}): Lab => new Lab({ changes: plainChanges(FIRST), ...options });
