/* Screenshots of reports for the documentation (tools/pictures.sh):
 *
 *     node shots.js CHROMIUM PLAYWRIGHT-CORE FOLDER XOR.html BETWEEN.html */
'use strict';
const path = require('path');
const [, , chromium, core, folder, xor, between] = process.argv;
const playwright = require(core);

(async () => {
  const browser = await playwright.chromium.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
  const open = async (file, scheme) => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 1120 }, colorScheme: scheme });
    await page.goto('file://' + path.resolve(file));
    return page;
  };
  const save = async (where, name) => {
    await where.scrollIntoViewIfNeeded();
    await where.screenshot({ path: `${folder}/${name}.png`, animations: 'disabled' });
  };
  const page = await open(xor, 'light');
  await page.screenshot({ path: `${folder}/report.png` });
  await page.addStyleTag({ content: '#bar, .tools, .data { display: none !important }' });
  await save(page.locator('#points'), 'report-points');
  await save(page.locator('[data-key=graph]'), 'report-graph');
  await page.locator('.extra button').click();
  await page.addStyleTag({ content: '[data-key=slice] { max-width: 40rem }' });
  await save(page.locator('[data-key=slice]'), 'report-height');
  const dark = await open(between, 'light');
  await dark.addStyleTag({ content: '#bar, .tools, .data { display: none !important }' });
  await save(dark.locator('#potential'), 'report-potential');
  await browser.close();
})().catch((e) => { console.error(e); process.exit(1); });
