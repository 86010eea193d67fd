// Telegram servers of crabline, one for each line on standard input ({"botToken", "recorderPath"}); each is answered by
// a line with where it is. A line with a port ends the server there. All end with the input.
import { createInterface } from "node:readline";
import { startTelegramServer } from "@openclaw/crabline";

const servers = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line);
  if (order.close) {
    await servers.get(order.close)?.close();
    servers.delete(order.close);
    console.log(JSON.stringify({ closed: order.close }));
    continue;
  }
  const server = await startTelegramServer({ ...order, botUsername: "andy_test_bot" });
  servers.set(server.manifest.baseUrl, server);
  console.log(JSON.stringify(server.manifest));
}
await Promise.all([...servers.values()].map((server) => server.close()));
