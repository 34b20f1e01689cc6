// The document around every page: head, header with the tenant's brand, one card, footer. Loads nothing from another host.

import { html } from 'ghtml'
import { displayText } from './display-text.ts'
import { icon } from './icons.ts'
import type { Content, View } from './view.ts'

export function renderDocument(content: Content, view: View): string {
  const { words, tenant, assetPath } = view
  const company = displayText(tenant.displayName)
  return html`<!doctype html>
<html lang="${words.language}" dir="${words.direction}"!${themeAttribute(view)}>
<head>
<meta charset="utf-8">
<title>${documentTitle(content, view)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="${view.theme ?? 'light dark'}">
<meta name="robots" content="noindex, nofollow">
!${content.leadsTo && html`<meta http-equiv="refresh" content="0;url=${content.leadsTo}">`}
<link rel="icon" href="${assetPath}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${assetPath}/page.css">
!${content.stylesheet && html`<link rel="stylesheet" href="${assetPath}/${content.stylesheet}">`}
<link rel="stylesheet" href="${assetPath}/brand.css">
!${content.script && html`<script type="module" src="${assetPath}/${content.script}"></script>`}
</head>
<body>
<a class="skip" href="#main">${words.text('layout.skip')}</a>
<header class="brand">!${icon('door')}<span><bdi>${company}</bdi></span></header>
!${content.navigation}
<main id="main" class="${content.wide ? 'card wide' : 'card'}" tabindex="-1">
!${content.main}
</main>
<footer>!${helpLine(content, view)}</footer>
</body>
</html>
`
}

function documentTitle({ title, hasProblem }: Content, { words, tenant }: View): string {
  const key = hasProblem ? 'layout.title_with_problem' : 'layout.title'
  return words.text(key, { page: title, company: displayText(tenant.displayName) })
}

function themeAttribute({ theme }: View): string {
  return theme === undefined ? '' : html` data-theme="${theme}"`
}

function helpLine({ mailSubject }: Content, { tenant, words }: View): string {
  const email = tenant.supportEmail
  if (email === undefined) return ''
  const address = encodeURIComponent(email).replace('%40', '@')
  const subject = mailSubject === undefined ? '' : `?subject=${encodeURIComponent(mailSubject)}`
  return html`<p><a href="mailto:${address}${subject}">${words.text('layout.help', { email })}</a></p>`
}
