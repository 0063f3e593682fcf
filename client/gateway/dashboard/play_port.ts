/** The dashboard's port to a cluster that is there to be broken. The cluster task implements it; nothing else has it. */

/** Everything that can be done to a replica. */
export const PLAY_ACTIONS = ["crash", "restart", "pause", "resume", "cut", "heal", "slow", "corrupt"] as const;
export type PlayAction = (typeof PLAY_ACTIONS)[number];

/** Everything that has been done to a replica. */
export interface PlayState {
  readonly process: "running" | "starting" | "crashed" | "paused";
  /** `cut`: no other replica reaches it and it reaches none; `slow`: what they send each other takes longer. Clients reach it all the same. */
  readonly network: "whole" | "cut" | "slow";
  /** The way in which it lies; null while it is honest. */
  readonly lies: string | null;
}

/** Breaks and mends the replicas of one cluster. */
export interface PlayControl {
  /** Ways to lie that `corrupt` takes, each with what it does, in a few words. */
  readonly lies: Readonly<Record<string, string>>;
  /** Returns what has been done to each replica, by id. */
  states(): Readonly<Record<string, PlayState>>;
  /** Does `action` to `replica`, which is one of `states`; `mode` says how it lies. Rejects with {@linkcode PlayRefusal} where that makes no sense now. */
  act(replica: string, action: PlayAction, mode: string | null): Promise<void>;
}

/** Thrown where an action makes no sense in the present state; the message says why. */
export class PlayRefusal extends Error {
  override readonly name = "PlayRefusal";
}

/** Returns the words for what has been done to a replica; null where nothing has. */
export function doneTo(state: PlayState | undefined): string | null {
  if (state === undefined) return null;
  if (state.process === "crashed") return "crashed by you";
  if (state.process === "starting") return "being started";
  const done = [
    ...(state.process === "paused" ? ["paused by you"] : []),
    ...(state.network === "cut" ? ["cut off by you"] : []),
    ...(state.network === "slow" ? ["slowed down by you"] : []),
    ...(state.lies === null ? [] : [`lying for you (${state.lies})`]),
  ];
  return done.length === 0 ? null : done.join(", ");
}
