import { defineConfig } from "vite";

export default defineConfig({
  build: {
    // Small as they are, images and styles shall be files that the server has to serve.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
  // A second release has other hashes: the tests deploy it under a visitor's feet.
  define: { __RELEASE__: JSON.stringify(process.env.RELEASE ?? "first") },
});
