// Text that means something else to a browser that takes it for markup. What gets in carries the attribute `intruder`.

/** Each breaks out of text, of an attribute, of a title or of a script, and then shows a dialog or changes the page. */
export const MARKUP = [
  '"><script intruder>alert(1)</script>',
  "'><img intruder src=x onerror=alert(1)>",
  '</title><svg intruder onload=alert(1)>',
  '" intruder autofocus onfocus=alert(1) x="',
  '<iframe intruder srcdoc="<script>alert(1)</script>">',
  '</script><script intruder>alert(1)</script>',
  '<a intruder href="javascript:alert(1)">x</a>',
  '<style intruder>*{display:none}</style>',
  '<base intruder href="http://evil.example/">',
  '<form intruder action="http://evil.example/">',
  '<math><mtext><mglyph><style><img intruder src=x onerror=alert(1)>',
  '<details intruder open ontoggle=alert(1)>',
] as const

/** Addresses that are code or documents, not places. */
export const ADDRESSES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  ' \tjavascript:alert(1)',
  'data:text/html,<script intruder>alert(1)</script>',
  'vbscript:alert(1)',
  'https://evil.example/"intruder x="',
] as const
