using System.Diagnostics;
using System.Text;

// What each verb does is all that a test needs to see of a command from within.
switch (args.Length == 0 ? "" : args[0])
{
    case "args":
        // One argument a line, in hexadecimal UTF-16: nothing of it can be lost on the way back.
        foreach (string argument in args.Skip(1))
        {
            Console.WriteLine("+" + Convert.ToHexString(Encoding.BigEndianUnicode.GetBytes(argument)));
        }

        return 0;

    case "environment":
        using (var utf8 = new StreamWriter(Console.OpenStandardOutput())) // Whatever the console's code page.
        {
            utf8.NewLine = "\r\n";
            foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
            {
                utf8.WriteLine($"{variable.Key}={variable.Value}");
            }
        }

        return 0;

    case "folder":
        Console.WriteLine(Environment.CurrentDirectory);
        return 0;

    case "copy":
        using (Stream input = Console.OpenStandardInput())
        using (Stream output = Console.OpenStandardOutput())
        {
            input.CopyTo(output, 64 * 1024);
        }

        return 0;

    case "exit":
        return int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);

    case "tree":
        // A child that starts a child, and so on; each says its number and stays.
        int depth = int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture);
        Console.WriteLine(Environment.ProcessId);
        if (depth > 0)
        {
            Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["tree", $"{depth - 1}"]) { UseShellExecute = false });
        }

        Thread.Sleep(Timeout.Infinite);
        return 0;

    case "leave":
        // Leaves a child behind that holds the output open.
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["tree", "0"]) { UseShellExecute = false });
        Console.WriteLine("left");
        return 0;

    default:
        Console.Error.WriteLine("unknown");
        return 2;
}
