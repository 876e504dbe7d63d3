import { Tabs, Text } from "@mantine/core"
import { useEffect, useRef, useState } from "react"

/**
 * A mail as its reader sees it. The frame has no rights (no scripts, no forms, no windows) and a policy of its own,
 * under which nothing is fetched for the mail; each of the two would do.
 */
export const MailFrame = ({
  subject,
  html,
  text
}: {
  readonly subject: string
  readonly html: string
  readonly text: string
}) => (
  <Tabs defaultValue="html">
    <Tabs.List>
      <Tabs.Tab value="html">As shown</Tabs.Tab>
      <Tabs.Tab value="text">As text</Tabs.Tab>
    </Tabs.List>
    <Tabs.Panel value="html" pt="sm">
      <Framed subject={subject} html={html} />
    </Tabs.Panel>
    <Tabs.Panel value="text" pt="sm">
      <Text component="pre" className="foreign wrapped">
        {text}
      </Text>
    </Tabs.Panel>
  </Tabs>
)

const Framed = ({ subject, html }: { readonly subject: string; readonly html: string }) => {
  const frame = useRef<HTMLIFrameElement>(null)
  const [isLoaded, setLoaded] = useState(false)
  useEffect(() => {
    // Not before: until then it is a document under this page's policy.
    const root = isLoaded ? frame.current?.contentDocument?.documentElement : undefined
    if (root !== undefined && root !== null) root.innerHTML = html
  }, [html, isLoaded])
  return (
    <iframe
      ref={frame}
      title={`Mail: ${subject}`}
      sandbox="allow-same-origin"
      src="/mail-frame"
      referrerPolicy="no-referrer"
      className="mail"
      onLoad={() => setLoaded(true)}
    />
  )
}
