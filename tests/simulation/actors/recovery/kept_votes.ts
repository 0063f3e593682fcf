/** Votes that single replicas were asked for in secret, kept until they have forgotten them (§8.4). */
import type { ReplicaId } from "../../../../protocol/ids.ts";
import { Speaker } from "../support/craft.ts";
import { requestFor } from "../support/request_for.ts";
import { preVotesFor, proofOf, requestVotes } from "../shadow/shadow_campaign.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import { Reign } from "../shadow/shadow_leadership.ts";
import type { Claim, Scene } from "../shadow/shadow_situation.ts";

/** Maximum number of secret candidacies that are remembered. */
const MOST = 12;

interface Keepsake extends Claim {
  readonly voter: ReplicaId;
}

export class Keepsakes {
  readonly #scene: Scene;
  readonly #speaker: Speaker;
  readonly #led: Led;
  readonly #claims: Keepsake[] = [];
  #reign: Reign | null = null;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#speaker = new Speaker(scene.puppet);
    this.#led = new Led(scene);
  }

  /** Asks one suspecting replica for its vote, in the highest term there are PreVotes for. */
  collect(): void {
    const { coven, puppet, self } = this.#scene;
    const wavering = this.#scene.honest.filter(({ state: { election, hard } }) =>
      election.suspectingSince !== null && hard.recovery === null
    );
    if (wavering.length === 0) return;
    const { id, state } = coven.rng.pick(wavering);
    const packet = requestFor(puppet, state);
    if (packet === null || !this.#speaker.first(`${id} ${packet.signed.term}`)) return;
    this.#claims.push({
      term: packet.signed.term,
      candidate: self,
      voter: id,
      asked: new Map([[id, packet.certificate]]),
    });
    if (this.#claims.length > MOST) this.#claims.shift();
    this.#speaker.say([id], packet);
  }

  /** Asks all others to add their votes to those that `losers` have forgotten, and leads if that is enough. */
  use(losers: readonly ReplicaId[]): void {
    for (const claim of this.#claims) {
      if (!losers.includes(claim.voter)) continue;
      this.#askOthers(claim);
      const proof = claim.term > (this.#reign?.term ?? 0) ? proofOf(this.#scene, claim) : null;
      if (proof !== null) this.#reign = new Reign(this.#scene, claim.candidate, claim.term, proof);
    }
    const reign = this.#reign;
    if (reign === null || reign.followers.length === 0) return;
    serve(this.#scene, reign, this.#led);
    reign.beats++;
  }

  #askOthers({ term, candidate, voter, asked }: Keepsake): void {
    const [certificate] = asked.values();
    const open = this.#scene.honest.filter(({ id, state: { hard } }) => id !== voter && hard.currentTerm < term)
      .map(({ id }) => id);
    if (certificate === undefined || open.length === 0) return;
    requestVotes(this.#scene, open, { term, candidate, certificate, preVotes: preVotesFor(this.#scene, term) });
  }
}
