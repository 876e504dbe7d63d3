import { Button, Center, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core"
import { type FormEvent, useEffect, useRef, useState } from "react"
import { useCommand } from "../api/hooks.ts"
import { useTakeSession } from "../api/Session.tsx"
import { ProblemBox } from "../show/States.tsx"

/** Who are you? Whoever was on the way to a page is there afterwards: the address stays as it was. */
export const SignIn = () => {
  const [name, setName] = useState("")
  const [password, setPassword] = useState("")
  const signIn = useCommand("POST /v1/session", [])
  const takeSession = useTakeSession()
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => {
    document.title = "Sign in · Concordat"
    first.current?.focus()
  }, [])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate(
      { parts: { payload: { name, password } } },
      { onSuccess: (session) => takeSession(session), onError: () => setPassword("") }
    )
  }
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w={400} maw="100%">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1} size="h2">
              Concordat
            </Title>
            <Text c="dimmed">Sign in as an operator.</Text>
            <TextInput
              ref={first}
              label="Name"
              name="username"
              autoComplete="username"
              required
              maxLength={100}
              value={name}
              onChange={({ currentTarget }) => setName(currentTarget.value)}
            />
            <PasswordInput
              label="Password"
              name="password"
              autoComplete="current-password"
              required
              maxLength={1_000}
              value={password}
              onChange={({ currentTarget }) => setPassword(currentTarget.value)}
            />
            {signIn.error !== null && <ProblemBox problem={signIn.error} />}
            <Button type="submit" loading={signIn.isPending}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  )
}
