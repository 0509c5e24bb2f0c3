// Builds our two sites as their owners would, and puts compressed siblings next to what compresses.
// Usage: node build.js DIRECTORY
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import * as vite from "vite";
import * as vitepress from "vitepress";

const here = dirname(fileURLToPath(import.meta.url));
const TEXT = new Set([".html", ".js", ".css", ".svg", ".json"]);

function zstd(content) {
  if (zlib.zstdCompressSync) return zlib.zstdCompressSync(content);
  const { status, stdout, error } = spawnSync("zstd", ["-19", "-c"], { input: content, maxBuffer: 1 << 26 });
  if (status !== 0) throw error ?? new Error("zstd has failed");
  return stdout;
}

const gzip = (content) => zlib.gzipSync(content, { level: 9 });
const FORMATS = { ".br": zlib.brotliCompressSync, ".gz": gzip, ".zst": zstd };

function compress(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) compress(path);
    else if (TEXT.has(extname(path))) {
      const content = readFileSync(path);
      for (const [suffix, pack] of Object.entries(FORMATS)) {
        const packed = pack(content);
        if (packed.length < content.length) writeFileSync(path + suffix, packed);
      }
    }
  }
}

const target = resolve(process.argv[2]);
rmSync(target, { recursive: true, force: true });

for (const release of ["first", "second"]) {
  const outDir = join(target, `vite-${release}`);
  process.env.RELEASE = release;
  await vite.build({ root: join(here, "vite-site"), logLevel: "warn", build: { outDir, emptyOutDir: true } });
  compress(outDir);
}
await vitepress.build(join(here, "vitepress-site"), { outDir: join(target, "vitepress") });
compress(join(target, "vitepress"));
