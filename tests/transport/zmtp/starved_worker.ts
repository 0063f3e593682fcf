/** Sends back what comes, at a port that it prints. Started with few file descriptors by `starved_test.ts`. */
import * as lab from "./connection_lab.ts";
import { NetLab, quietRouter } from "./net_lab.ts";

const net = new NetLab({ limits: { strangersPerAddress: 1000, strangers: 1000, acceptBacklog: 1000 } });
const router = quietRouter();
console.log(net.listen(router, "NULL", { limits: { ...lab.LIMITS, handshakeMs: 60_000 } }).port);
setInterval(() => {
  for (let message = router.take(); message !== null; message = router.take()) {
    router.send(message.route, message.frames);
  }
}, 5);
