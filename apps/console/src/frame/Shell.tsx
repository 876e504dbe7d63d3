import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Button,
  Group,
  Kbd,
  Menu,
  NavLink,
  Text,
  useMantineColorScheme
} from "@mantine/core"
import { useDisclosure } from "@mantine/hooks"
import {
  IconDeviceDesktop,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSun,
  IconUser,
  IconUserCog
} from "@tabler/icons-react"
import { Link, Outlet, useLocation } from "@tanstack/react-router"
import { useEffect } from "react"
import { useEvents } from "../api/events.ts"
import { useCommand } from "../api/hooks.ts"
import { roleNames, type Session, useTakeSession } from "../api/Session.tsx"
import { places } from "./navigation.ts"
import { openPalette, Palette } from "./Palette.tsx"

/** Everything around the pages of somebody who is signed in. */
export const Shell = ({ session }: { readonly session: Session }) => {
  const [isOpen, { toggle, close }] = useDisclosure()
  const { pathname } = useLocation()
  useEvents()
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes the menu.
  useEffect(close, [pathname])
  const seen = places.filter(({ scope }) => scope === null || session.scopes.includes(scope))
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 220, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label={isOpen ? "Close the navigation" : "Open the navigation"}
            />
            <Text fw={700}>Concordat</Text>
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Button
              variant="default"
              size="xs"
              leftSection={<IconSearch size={16} aria-hidden />}
              rightSection={<Kbd visibleFrom="sm">Ctrl K</Kbd>}
              onClick={openPalette}
            >
              Search
            </Button>
            <SchemeMenu />
            <WhoMenu session={session} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" style={{ overflowY: "auto" }} aria-label="Pages">
        {seen.map(({ icon: Icon, label, to }) => (
          <NavLink
            key={to}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            active={to === "/" ? pathname === "/" : pathname.startsWith(to)}
            renderRoot={(props) => <Link to={to} {...props} />}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Box maw={1500}>
          <Outlet />
        </Box>
      </AppShell.Main>
      <Palette places={seen} maySearch={session.scopes.includes("accounts:read")} />
    </AppShell>
  )
}

const schemes = [
  { value: "auto", label: "As the system", icon: IconDeviceDesktop },
  { value: "light", label: "Light", icon: IconSun },
  { value: "dark", label: "Dark", icon: IconMoon }
] as const

const SchemeMenu = () => {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Light or dark">
          <IconSun size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {schemes.map(({ icon: Icon, label, value }) => (
          <Menu.RadioItem
            key={value}
            value={value}
            checked={colorScheme === value}
            closeMenuOnClick
            rightSection={<Icon size={16} aria-hidden />}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

const WhoMenu = ({ session }: { readonly session: Session }) => {
  const takeSession = useTakeSession()
  const signOut = useCommand("DELETE /v1/session", [])
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={`Signed in as ${session.operator.name}`}
        >
          <IconUser size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {session.operator.name}
          <br />
          {roleNames[session.operator.role]}
        </Menu.Label>
        <Menu.Item component={Link} to="/me" leftSection={<IconUserCog size={16} aria-hidden />}>
          My account
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} aria-hidden />}
          onClick={() => signOut.mutate({ parts: {} }, { onSuccess: () => takeSession(null) })}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
