// Reads [[page, diagram], …] from DIAGRAMS and fails for the first that Mermaid does not understand.
import { JSDOM } from "jsdom";

const { window } = new JSDOM("");
Object.assign(globalThis, { window, document: window.document });
const { default: mermaid } = await import("mermaid");

for (const [page, diagram] of JSON.parse(process.env.DIAGRAMS)) {
  await mermaid.parse(diagram).catch((error) => {
    console.error(`${page}: ${error.message}\n${diagram}`);
    process.exit(1);
  });
}
