import { LinkButton } from '../parts/LinkButton.tsx'
import { Screen } from '../parts/Screen.tsx'

export function NotFound() {
  return (
    <Screen title="Page not found" lead="The address may be wrong, or the page may have moved.">
      <LinkButton to="/">Back to Studio</LinkButton>
    </Screen>
  )
}
