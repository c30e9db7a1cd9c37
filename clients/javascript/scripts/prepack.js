import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const types = new URL("types/", root);

// TypeScript's own stripInternal leaves alone what it has made of JavaScript.
const INTERNAL = /^ *\/\*\*(?:(?!\*\/)[^])*@internal(?:(?!\*\/)[^])*\*\/\n.*;\n/gm;

let stripped = 0;
for (const name of readdirSync(types)) {
  const file = new URL(name, types);
  const text = readFileSync(file, "utf8");
  const left = text.replace(INTERNAL, () => (stripped++, ""));
  if (left !== text) writeFileSync(file, left);
}
if (stripped === 0) throw new Error("nothing internal was found in the types");

copyFileSync(new URL("../../LICENSE", root), new URL("LICENSE", root));
