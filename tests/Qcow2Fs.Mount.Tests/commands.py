"""Runs a command on one in N images of a folder, two at a time, and prints what came of each as JSON.

Arguments: N, the folder, and the command with IMAGE in it. What it writes to its standard output is not kept."""
import concurrent.futures, json, os, subprocess, sys, tempfile

one_in, folder, *words = sys.argv[1:]


def run(name):
    image = os.path.join(folder, name)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen([word.replace("IMAGE", image) for word in words], stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return {"Image": name, "ExitCode": child.returncode, "PeakKiB": usage.ru_maxrss, "Words": said.read().decode("latin-1")}


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    json.dump(list(pool.map(run, sorted(os.listdir(folder))[::int(one_in)])), sys.stdout)
