import { defineConfig } from "vitest/config"

const shared = {
  exclude: ["**/node_modules/**", "**/.data/**"],
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 60_000
}

/**
 * Tests that need a browser: Chromium at /usr/bin/chromium, or where CHROMIUM says. Those of the console share one
 * running system; the others start what they look at.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...shared,
          name: "console",
          include: ["apps/console/browser/**/*.browser.ts"],
          globalSetup: ["test/globalSetup.ts", "apps/console/browser/shared.ts"]
        }
      },
      {
        test: {
          ...shared,
          name: "others",
          include: ["**/browser/**/*.browser.ts"],
          exclude: [...shared.exclude, "apps/console/**"],
          globalSetup: ["test/globalSetup.ts"]
        }
      }
    ]
  }
})
