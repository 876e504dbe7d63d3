import { type CSSVariablesResolver, createTheme } from "@mantine/core"

export const theme = createTheme({
  primaryColor: "blue",
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: "sm",
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'Cascadia Mono', Menlo, Consolas, monospace",
  respectReducedMotion: true,
  cursorType: "pointer",
  components: {
    // A dialogue's head is no second banner of the page, and its cross says what it does.
    ModalHeader: { defaultProps: { role: "presentation" } },
    ModalCloseButton: { defaultProps: { "aria-label": "Close" } }
  }
})

/** Texts that Mantine makes paler than WCAG's 4.5 : 1 allows. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5c636a",
    "--mantine-color-placeholder": "#6b7177",
    "--mantine-color-anchor": "#1864ab",
    "--mantine-color-error": "#c92a2a",
    "--mantine-color-yellow-light-color": "#6b4a00",
    "--mantine-color-teal-light-color": "#066649",
    "--mantine-color-red-light-color": "#a61e1e"
  },
  dark: {
    "--mantine-color-dimmed": "#a6adb4",
    "--mantine-color-placeholder": "#949ba1",
    "--mantine-color-anchor": "#74c0fc",
    "--mantine-color-error": "#ff8787"
  }
})
