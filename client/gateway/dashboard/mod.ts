/** The dashboard's server side. */
export { dashboardHandler, isDashboardPath, isPagePath } from "./handler.ts";
export { type Latencies, LatencyWindow, timed } from "./latency_window.ts";
export { PLAY_ACTIONS, type PlayAction, type PlayControl, PlayRefusal, type PlayState } from "./play_port.ts";
export { type DashboardClient, type DashboardOptions, DashboardSource } from "./source.ts";
