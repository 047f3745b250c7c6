// Takes the pictures a person looks at: node look.mjs FOLDER (FAKE_GATEWAY set).

import {FakeGateway} from './lib/fake_gateway.mjs';
import {DESKTOP, PHONE, launchBrowser, openPage, screenshot} from './lib/browser.mjs';
import {all, answers, garden, hall, lamp} from './lib/devices.mjs';

process.env.SCREENSHOTS = process.argv[2] ?? 'screenshots';
const gateway = await FakeGateway.start();
for (const device of all) gateway.tell({device});
gateway.tell({no_picture: garden.id, picture_age_s: 130, whep_error: {status: 503, message: 'The camera is already watched by two other programs.', hint: 'Close one of them.'}});
gateway.tell({found: [{host: '192.168.1.31', model: 'C225', name: 'Nursery', transport: 'TPAP', known: false}, {host: '192.168.1.20', model: 'C200', name: 'Hallway camera', known: true}]});
for (const [level, device, message] of [['info', '', 'listening on 127.0.0.1'], ['warning', 'Hallway camera', 'setLedStatus: timeout after 5 s'], ['error', 'Attic camera', 'wrong account password'], ['debug', 'Reading lamp', 'get_device_info'], ['info', 'Reading lamp', 'online']])
    gateway.tell({log: {time: '2026-01-02T03:04:05Z', level, device, message}});
const hours = (h) => new Date(Date.now() - h * 3_600_000).toISOString();
for (const [event_type, h] of [['motion', 5], ['person', 2], ['motion', 0.1]]) gateway.tell({detection: {id: hall.id, event_type, source: 'onvif', time: hours(h)}});
gateway.tell({answers});
const browser = await launchBrowser();
for (const [sizeName, size] of [['desktop', DESKTOP], ['phone', PHONE]]) {
    for (const colorScheme of ['light', 'dark']) {
        for (const [name, hash] of [['home', '#/'], ['camera', `#/device/${hall.id}`], ['plug', `#/device/${lamp.id}`], ['add', '#/add'], ['system', '#/system']]) {
            const page = await openPage(browser, gateway.url + hash, {size, colorScheme});
            await page.waitForTimeout(700);
            if (name === 'add') {
                await page.getByRole('button', {name: 'Add Nursery'}).click();
                await page.getByText('was added').waitFor();
            }
            if (name === 'camera') await page.getByText('Last exchanges').click();
            if (name === 'system') await page.locator('summary', {hasText: 'MQTT broker'}).click();
            await screenshot(page, `${name}-${sizeName}-${colorScheme}`, {fullPage: name !== 'home' || size === DESKTOP});
            await page.context().close();
        }
    }
}
await browser.close();
await gateway.stop();
