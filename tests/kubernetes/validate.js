// SPDX-License-Identifier: MIT
// Reads a list of Kubernetes objects as JSON from standard input, and prints what is wrong with each: what the schema of its kind
// refuses, and fields that no schema knows, as `kubectl apply --validate=strict` would.
import { readFileSync } from "node:fs";

const packages = { "gateway.networking.k8s.io": "@kubernetes-models/gateway-api/gateway.networking.k8s.io" };

async function modelOf({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion];
  const home = packages[group] ?? `kubernetes-models${group && "/" + group}`;
  return (await import(`${home}/${version}/${kind}`))[kind];
}

// The schemas are open, but who validates looks at each field that they know: what nobody has looked at is unknown.
function watch(value, path, unseen) {
  if (typeof value !== "object" || value === null) return value;
  for (const key of Object.keys(value)) unseen.add(`${path}/${key}`);
  const children = new Map();
  return new Proxy(value, {
    get(target, key) {
      if (!Object.hasOwn(target, key) || typeof key === "symbol") return Reflect.get(target, key);
      unseen.delete(`${path}/${key}`);
      if (!children.has(key)) children.set(key, watch(target[key], `${path}/${key}`, unseen));
      return children.get(key);
    },
    ownKeys(target) {
      for (const key of Object.keys(target)) unseen.delete(`${path}/${key}`);
      return Reflect.ownKeys(target);
    },
  });
}

const faults = [];
for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const name = `${object.kind} ${object.metadata?.name}`;
  const unseen = new Set();
  try {
    const model = (await modelOf(object)).prototype;
    model.validate.call(watch(Object.setPrototypeOf(object, model), name, unseen));
    for (const path of unseen) faults.push(`unknown: ${path}`);
  } catch (error) {
    faults.push(`${name}: ${error.message}`);
  }
}
console.log(JSON.stringify(faults));
