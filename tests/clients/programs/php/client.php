<?php
// What PHP's SDK does with credential_process, by its documented steps and with PHP's own INI parser:
// the section `profile NAME` of ~/.aws/config, lines that begin with # left out, the line run by a
// shell, its stdout read as JSON. Prints NAME, a tab, and the access key id or what failed.
$file = getenv('HOME') . '/.aws/config';
$text = preg_replace('/^\s*[#;].*$/m', '', file_get_contents($file));
$sections = parse_ini_string($text, true, INI_SCANNER_RAW);
foreach (array_slice($argv, 1) as $name) {
    $said = 'NO file';
    if ($sections !== false) {
        $line = $sections["profile $name"]['credential_process'] ?? null;
        $said = $line === null ? 'NO profile' : 'NO answer';
        $answer = $line === null ? null : json_decode((string) shell_exec($line), true);
        if (isset($answer['AccessKeyId']) && ($answer['Version'] ?? null) === 1) {
            $said = $answer['AccessKeyId'];
        }
    }
    echo "$name\t$said\n";
}
