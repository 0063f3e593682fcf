/** A {@linkcode Lab} for clauses about elections and clients, with steps to wait, campaign and follow in their words. */
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import type { Request } from "../../../protocol/message.ts";
import type { Packet, PacketOf } from "../../../protocol/packet.ts";
import { listSignatures } from "../../../protocol/signatures.ts";
import type { Signed, Verified } from "../../../protocol/signed.ts";
import type { InputWithoutTime } from "../../../replica/core/input.ts";
import { screen } from "../../../replica/core/screen.ts";
import type { Verdict } from "../../../replica/core/verdict.ts";
import { FAKE_CHECK } from "../../simulation/network/fake_crypto.ts";
import * as forge from "./forge.ts";
import { Lab, type LabOptions, type Outcome } from "./lab.ts";

/** A packet sent, and when. */
export interface Left<P extends Packet = Packet> {
  readonly at: number;
  readonly to: readonly string[] | "all";
  readonly packet: P;
}

/** Returns a vote as a packet; its base is genesis unless given. */
export const votePacket = (
  voter: string,
  term: number,
  candidate: string,
  base = forge.rankOf(0, forge.GENESIS),
): PacketOf<"Vote"> => ({ kind: "Vote", signed: forge.vote(voter, term, candidate, base) });

export class ElectionLab extends Lab {
  #left: Left[] = [];

  constructor(options: LabOptions = {}) {
    super({ self: "r1", ...options });
  }

  get suspects(): boolean {
    return this.state.election.suspectingSince !== null;
  }

  override run(inputs: readonly InputWithoutTime[]): Outcome {
    const outcome = super.run(inputs);
    this.#left.push(...outcome.sent.map((sent) => ({ at: this.now, ...sent })));
    return outcome;
  }

  /** Passes in packets one by one as ingress would; returns the outcome of the last: `accept`, or the code. */
  feed(...packets: readonly Packet[]): string {
    return packets.map((packet) => this.#feedOne(packet)).at(-1)!;
  }

  #feedOne(packet: Packet): string {
    const screened = screen(this.state, packet);
    if (screened.verdict.verdict !== "accept") return codeOf(screened.verdict);
    if (!listSignatures(screened.packet).every((claim) => FAKE_CHECK.holds(claim))) return "bad-signature";
    return codeOf(this.receive(screened.packet).verdicts[0]!);
  }

  /** Passes in a client's request, as an intervention unless told otherwise. */
  request(request: Signed<Request>, intervention = true): string {
    const verified = request as Verified<Signed<Request>>;
    return codeOf(this.run([{ kind: "request", request: verified, intervention, via: null }]).verdicts[0]!);
  }

  /** Lets time pass, a tick every 10 ms, until `done` holds or `ms` are over; true if it held. */
  wait(ms: number, done: () => boolean): boolean {
    for (const end = this.now + ms; !done();) {
      if (this.now >= end) return false;
      this.elapse(Math.min(10, end - this.now));
    }
    return true;
  }

  /** Returns the packets of `kind` sent since the last call; those of other kinds are forgotten. */
  take<K extends Packet["kind"]>(kind: K): Left<PacketOf<K>>[] {
    const left = this.#left;
    this.#left = [];
    return left.filter((l): l is Left<PacketOf<K>> => l.packet.kind === kind);
  }

  /** Has the leader of the current term append `chain` after `prev`. */
  append(prev: Head, chain: readonly ChainedEntry[]): string {
    const { hard, view: { leader, lastRound } } = this.state;
    return this.feed(forge.appendEntries(leader!, hard.currentTerm, chain, { prev, round: lastRound + 1 }));
  }

  /** Passes in a heartbeat of a newer round at the head of this replica's log. */
  heartbeat(): string {
    const { entries } = this.state.log;
    return this.append(entries.length > 0 ? forge.endOf(entries) : forge.GENESIS, []);
  }

  /** Lets `ms` pass with a heartbeat every 100 ms; false as soon as the replica suspects. */
  trusts(ms: number): boolean {
    for (const end = this.now + ms; this.now < end;) {
      this.heartbeat();
      this.elapse(10); // reasons that are gone are noticed with the next tick
      if (this.wait(90, () => this.suspects)) return false;
    }
    return true;
  }

  /** Has every other replica ack `head` in the current term, so that this one holds its certificate. */
  prepare(head: Head): void {
    this.feed(...forge.acksOf(this.peers, this.state.hard.currentTerm, head));
  }

  /** Has every other replica ack `head` and report it prepared, so that it is committed and applied here. */
  commit(head: Head): void {
    this.prepare(head);
    this.feed(...forge.reportsOf(this.peers, this.state.hard.currentTerm, head));
  }

  /** Has every other replica publish a PreVote for `term`. */
  hearPreVotes(term: number): void {
    this.feed(...this.peers.map((id) => forge.preVote(id, term)));
  }
}

const codeOf = (verdict: Verdict): string => verdict.verdict === "accept" ? "accept" : verdict.code;
