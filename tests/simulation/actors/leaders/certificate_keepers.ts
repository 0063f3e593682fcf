/** Leaders whose weapon is a certificate: held back and shown after their fall, or counted again in a later term (§12 "Leader"). */
import type { Certificate } from "../../../../protocol/certificate.ts";
import { type ReplicaId, term } from "../../../../protocol/ids.ts";
import type { AppendEntriesResponse, VoteRefusal } from "../../../../protocol/message.ts";
import { certified, compareRank } from "../../../../protocol/rank.ts";
import type { Actor } from "../actor.ts";
import { pretender } from "../shadow/shadow_actor.ts";
import { highestTerm } from "../shadow/shadow_campaign.ts";
import { Led, serve } from "../shadow/shadow_led.ts";
import type { Reign } from "../shadow/shadow_leadership.ts";
import type { Scene } from "../shadow/shadow_situation.ts";

/** Number of candidacies in which a hidden certificate is shown. */
const SHOWN = 3;

/** A certificate that only the colluders can complete: they send their acks for it to no one else. */
class Hidden {
  certificate: Certificate | null = null;
  #shown = 0;
  readonly #refused = new Set<string>();

  /** Has a few follow a chain until their acks and the colluders' would certify it, and then falls silent. */
  make(scene: Scene, reign: Reign, led: Led): void {
    const chain = led.chainOf(reign);
    const pile = scene.throne.ear.certifiable.find(({ term, hash }) => term === reign.term && hash === chain.tip.hash);
    if (pile) this.certificate = scene.throne.ear.complete(pile);
    else reign.show(led.order(reign).slice(0, scene.needed), chain);
  }

  /** Returns the certificate to campaign with; null in its own term and the next one. */
  ask(at: number, top: Certificate): Certificate | null {
    const { certificate } = this;
    if (certificate === null) return top;
    if (at < certificate.term + 2) return null;
    return compareRank(certificate, top) < 0 && this.#shown >= SHOWN ? top : certificate;
  }

  shown(): void {
    if (++this.#shown > 2 * SHOWN) this.certificate = null;
  }

  /** Refuses honest candidates with it, once each. */
  refuse(scene: Scene): void {
    const { certificate } = this;
    if (certificate === null) return;
    for (const { id, state: { election, hard } } of scene.honest) {
      const key = `${id} ${hard.currentTerm}`;
      if (election.candidacy === null || this.#refused.has(key)) continue;
      this.#refused.add(key);
      refuse(scene, id, hard.currentTerm, certificate);
    }
  }
}

function refuse({ coven, self }: Scene, candidate: ReplicaId, at: number, certificate: Certificate): void {
  const signed = coven.sign<VoteRefusal>(self, { kind: "VoteRefusal", term: term(at), candidate, voter: self });
  coven.send(self, [candidate], { kind: "VoteRefusal", signed, certificate });
}

const hiddenCertificate = pretender((scene) => {
  const led = new Led(scene);
  const hidden = new Hidden();
  const asked = new Set<number>();
  return {
    ask(at, _voter, top) {
      const certificate = hidden.ask(at, top);
      if (certificate === hidden.certificate && certificate !== null && !asked.has(at)) {
        asked.add(at);
        hidden.shown();
      }
      return certificate;
    },
    lead: (reign) =>
      hidden.certificate === null ? hidden.make(scene, reign, led) : serveIfLater(scene, reign, led, hidden),
    always: () => hidden.refuse(scene),
  };
});

/** Serves, except in the term of the certificate itself, in which nothing more is sent. */
function serveIfLater(scene: Scene, reign: Reign, led: Led, { certificate }: Hidden): void {
  if (certificate !== null && reign.term > certificate.term) serve(scene, reign, led);
}

/** Presents certificates of old terms as certificates of the last one, and reports them prepared in the present term. */
const recountedCertificate = pretender((scene) => {
  const led = new Led(scene);
  let turns = 0;
  return {
    ask(at, _voter, top) {
      const recounted = top.term > 0 && top.term < at - 1 && at % 3 > 0;
      return recounted ? { ...top, term: term(at - 1) } : top;
    },
    lead(reign) {
      if (reign.beats < 6) serve(scene, reign, led);
    },
    always() {
      if (turns++ % 4 > 0) return;
      const at = highestTerm(scene);
      const top = scene.highest(at);
      if (top.term > 0) reportIn(scene, at, top);
    },
  };
});

/** Has the colluders report `certificate` prepared, in responses of a term other than its own. */
function reportIn({ coven }: Scene, at: number, certificate: Certificate): void {
  for (const replica of coven.members) {
    const signed = coven.sign<AppendEntriesResponse>(replica, {
      kind: "AppendEntriesResponse",
      term: term(at),
      replica,
      acks: [],
      prepared: certified(certificate),
      commitIndex: certificate.index,
      commitHash: certificate.hash,
      round: certificate.responses[0]!.message.round,
    });
    coven.send(replica, coven.honest, { kind: "AppendEntriesResponse", signed });
  }
}

export const CERTIFICATE_KEEPERS: Readonly<Record<string, Actor>> = {
  "hidden-certificate": hiddenCertificate,
  "recounted-certificate": recountedCertificate,
};
