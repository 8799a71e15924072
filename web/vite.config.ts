import {defineConfig} from "vite";

// The daemon serves these files under a policy that allows nothing from elsewhere and nothing inline.
export default defineConfig({
  esbuild: {jsx: "automatic", jsxImportSource: "preact"},
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 300,
  },
});
