import { Alert, Button, Code, Group, List, Loader, Stack, Text, Title } from "@mantine/core"
import { IconAlertTriangle, IconClockExclamation, IconLock } from "@tabler/icons-react"
import type { UseQueryResult } from "@tanstack/react-query"
import { type ReactNode, useEffect } from "react"
import { mayPass, type Problem } from "../api/Problem.ts"
import { Instant } from "./Instant.tsx"

export const Loading = ({ what = "Loading" }: { readonly what?: string }) => (
  <Group role="status" p="md" gap="sm">
    <Loader size="sm" aria-hidden />
    <Text>{what} …</Text>
  </Group>
)

/** Nothing to show, and how that could change. */
export const Empty = ({
  title,
  children
}: {
  readonly title: string
  readonly children?: ReactNode
}) => (
  <Stack p="lg" gap="xs" align="center">
    <Text fw={600}>{title}</Text>
    {children !== undefined && (
      <Text c="dimmed" ta="center" component="div" className="prose">
        {children}
      </Text>
    )}
  </Stack>
)

/** The role may not see this. The API has the last word; the page says it before. */
export const NoPermission = ({ scope }: { readonly scope: string }) => (
  <>
    <PageHead title="Not for your role" />
    <Alert color="gray" icon={<IconLock aria-hidden />}>
      This needs the permission <Code>{scope}</Code>. An administrator can give it to you under
      System, Operators.
    </Alert>
  </>
)

const wayOut = (problem: Problem): string => {
  if (problem.status === 0)
    return "Check that the API runs and that you are online, then try again."
  if (problem.status === 403) return "Ask an administrator for the permission."
  if (problem.status === 404)
    return "It may have been removed, or it lies outside of what you may see."
  if (problem.status === 412)
    return "Somebody has changed it meanwhile: read it again, then repeat your change."
  if (problem.retryAfterSeconds !== null)
    return `Try again in ${problem.retryAfterSeconds} seconds.`
  if (problem.status >= 500)
    return "Try again. If it stays, tell your administrator the correlation id."
  return "Change what is named here and try again."
}

/** A problem with everything that helps to end it. */
export const ProblemBox = ({
  problem,
  onRetry
}: {
  readonly problem: Problem
  readonly onRetry?: (() => void) | undefined
}) => (
  <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={problem.title} role="alert">
    <Stack gap="xs">
      {problem.detail !== "" && <Text size="sm">{problem.detail}</Text>}
      {problem.issues.length > 0 && (
        <List size="sm">
          {problem.issues.map(({ message, path }) => (
            <List.Item key={`${path.join(".")} ${message}`}>
              <Code>{path.slice(1).join(".") || path.join(".")}</Code> {message}
            </List.Item>
          ))}
        </List>
      )}
      <Text size="sm">{wayOut(problem)}</Text>
      {problem.correlationId !== null && (
        <Text size="xs">
          Correlation id <Code>{problem.correlationId}</Code>
        </Text>
      )}
      {onRetry !== undefined && mayPass(problem) && (
        <Group>
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Stack>
  </Alert>
)

/** Shown over what was read before when reading it again has failed: it may no longer be so. */
const Stale = ({ at, problem, onRetry }: { at: number; problem: Problem; onRetry: () => void }) => (
  <Alert
    color="yellow"
    icon={<IconClockExclamation aria-hidden />}
    title="This may be out of date"
    role="status"
    mb="sm"
  >
    <Group justify="space-between">
      <Text size="sm">
        Last read <Instant at={new Date(at).toISOString()} />. {problem.title}.
      </Text>
      <Button size="xs" variant="default" onClick={onRetry}>
        Try again
      </Button>
    </Group>
  </Alert>
)

/** Loading, failed, stale or there: every page reads through this. */
export const Shown = <A,>({
  of,
  children,
  title
}: {
  readonly of: UseQueryResult<A, Problem>
  readonly children: (answer: A) => ReactNode
  /** Of a whole page, until the answer has a better one. */
  readonly title?: string
}) => {
  const retry = () => void of.refetch()
  if (of.data === undefined)
    return (
      <>
        {title !== undefined && <PageHead title={title} />}
        {of.error === null ? <Loading /> : <ProblemBox problem={of.error} onRetry={retry} />}
      </>
    )
  return (
    <div aria-busy={of.isPlaceholderData} style={of.isPlaceholderData ? { opacity: 0.6 } : {}}>
      {of.error !== null && <Stale at={of.dataUpdatedAt} problem={of.error} onRetry={retry} />}
      {children(of.data)}
    </div>
  )
}

/** The head of a page, and the browser's title of it: what it is, and what can be done here. */
export const PageHead = ({
  title,
  children,
  above
}: {
  readonly title: string
  readonly children?: ReactNode
  readonly above?: ReactNode
}) => {
  useEffect(() => {
    document.title = `${title} · Concordat`
  }, [title])
  return (
    <Stack gap={4} mb="md">
      {above}
      <Group justify="space-between" align="center">
        <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
          {title}
        </Title>
        {children !== undefined && <Group gap="xs">{children}</Group>}
      </Group>
    </Stack>
  )
}
