import { defineConfig } from "vitest/config"

/** Tests that need a browser: Chromium at /usr/bin/chromium, or where CHROMIUM says. */
export default defineConfig({
  test: {
    include: ["**/browser/**/*.browser.ts"],
    exclude: ["**/node_modules/**", "**/.data/**"],
    isolate: false,
    globalSetup: ["test/globalSetup.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
